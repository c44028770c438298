namespace Arow;

/// <summary>Names of enumeration values in options and files: case-insensitive, and neither numbers nor lists.</summary>
public static class NamedValue
{
    /// <summary>The names, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Known<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>The name of a value.</summary>
    public static string Of<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>The value of a name; null if there is none.</summary>
    public static T? Parse<T>(string text) where T : struct, Enum =>
        Known<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true) : null;
}
