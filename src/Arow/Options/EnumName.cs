namespace Arow.Options;

/// <summary>Names of enumeration values in options and files: case-insensitive, and neither numbers nor lists.</summary>
internal static class EnumName
{
    /// <summary>The names, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(ToName)];

    /// <summary>The name of a value.</summary>
    public static string ToName<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>The value of a name; null if there is none.</summary>
    public static T? Parse<T>(string text) where T : struct, Enum =>
        Names<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true) : null;
}
