using System.Collections;
using System.Globalization;

namespace Arow.Options;

/// <summary>Converts option values to text and back: an option's kind is the type of its property.</summary>
internal static class SettingText
{
    /// <summary>Returns the kind of a property's type.</summary>
    public static SettingKind Kind(Type type) =>
        type == typeof(int) || type == typeof(long) ? SettingKind.Integer
        : type == typeof(double) ? SettingKind.Number
        : type == typeof(Ratio) ? SettingKind.Ratio
        : type == typeof(bool) ? SettingKind.Flag
        : type.IsEnum ? SettingKind.Choice
        : type == typeof(string) ? SettingKind.Text
        : SettingKind.List;

    /// <summary>Formats a value as in run files and on the command line; null for an unset option and for an empty list.</summary>
    public static string? Write(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum choice => choice.ToString().ToLowerInvariant(),
        string text => text,
        IEnumerable list => string.Join(',', list.Cast<object>().Select(Write)) is { Length: > 0 } text ? text : null,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>Parses a value; null if the text is invalid.</summary>
    public static object? Read(Type type, string text) => Kind(type) switch
    {
        SettingKind.Integer when type == typeof(long) => long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null,
        SettingKind.Integer => int.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null,
        SettingKind.Number => Ratio.Parse(text)?.Value,
        SettingKind.Ratio => Ratio.Parse(text),
        SettingKind.Flag => bool.TryParse(text, out var value) ? value : null,
        SettingKind.Choice => Names(type).Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse(type, text, ignoreCase: true) : null,
        SettingKind.List => ReadList(type.GetGenericArguments()[0], text),
        _ => text.Length == 0 ? null : text,
    };

    /// <summary>The names of an enumeration, in its order.</summary>
    public static IReadOnlyList<string> Names(Type type) => [.. Enum.GetValues(type).Cast<object>().Select(v => Write(v)!)];

    private static Array? ReadList(Type item, string text)
    {
        var items = text.Split(',', StringSplitOptions.TrimEntries).Select(part => Read(item, part)).ToList();
        if (items.Contains(null)) return null;
        var list = Array.CreateInstance(item, items.Count);
        for (var i = 0; i < items.Count; i++) list.SetValue(items[i], i);
        return list;
    }
}
