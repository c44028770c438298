using System.Globalization;
using System.Text.Json;
using Arow.IO;

namespace Arow.Classes;

/// <summary>Names of classes: their text in files and messages, and when two names denote the same class.</summary>
internal static class ClassNames
{
    /// <summary>The metadata key of a model file for the names of its outputs, in order.</summary>
    public const string MetadataKey = "class_names";

    /// <summary>Different names that libraries use for classes of public data sets, in folded form, see <see cref="Fold"/>.</summary>
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["t shirt top"] = "t shirt", ["plane"] = "airplane", ["aeroplane"] = "airplane", ["car"] = "automobile",
        ["0 zero"] = "0", ["1 one"] = "1", ["2 two"] = "2", ["3 three"] = "3", ["4 four"] = "4",
        ["5 five"] = "5", ["6 six"] = "6", ["7 seven"] = "7", ["8 eight"] = "8", ["9 nine"] = "9",
    };

    /// <summary>Functions under which two names of the same class are equal, strictest first.</summary>
    internal static readonly IReadOnlyList<Func<string, string>> Keys = [name => name, Fold, name => Canonicalize(Fold(name))];

    /// <summary>Formats names for messages: "cat, dog, eel", or the first ones and the number of the others; control characters are escaped.</summary>
    /// <param name="names">The names, in order.</param>
    /// <param name="separator">The separator.</param>
    public static string Summarize(IReadOnlyList<string> names, string separator = ", ")
    {
        const int Most = 12, Longest = 40;
        return string.Join(separator, names.Take(Most).Select(n => Printable.Escape(n.Length > Longest ? $"{n[..Longest]}…" : n)))
            + (names.Count > Most ? $" and {names.Count - Most} more" : "");
    }

    /// <summary>
    /// Parses names: one a line, comma-separated on a single line, a JSON array, or a JSON object from names to indices
    /// (torchvision's <c>class_to_idx</c>) or from indices to names.
    /// </summary>
    /// <exception cref="FormatException">The text has no names, or the indices are not 0, 1, 2, …; the message gives the reason.</exception>
    public static IReadOnlyList<string> Parse(string text)
    {
        var trimmed = text.Trim();
        var names = trimmed.StartsWith('[') || trimmed.StartsWith('{') ? ParseJson(trimmed)
            : [.. trimmed.Split(trimmed.Contains('\n') ? '\n' : ',').Select(n => n.Trim())];
        if (names.Any(n => n.Length == 0)) throw new FormatException("a name is empty");
        if (names.CountBy(n => n)
            .FirstOrDefault(n => n.Value > 1) is { Key: { } duplicate }) throw new FormatException($"duplicate name '{duplicate}'");
        return names.Count > 1 ? names : throw new FormatException("fewer than two names");
    }

    /// <summary>Reads names from a file, or comma-separated names, as on the command line.</summary>
    /// <exception cref="InputException">The text is neither, or the names are invalid.</exception>
    public static IReadOnlyList<string> Read(string given)
    {
        const int LongestFile = 1 << 24;
        try
        {
            if (File.Exists(given)) return Parse(RegularFile.ReadAllText(given, LongestFile));
            return given.Contains(',') ? Parse(given) : throw new InputException($"'{given}' is neither a file nor comma-separated names");
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{given}: {(fault is FormatException ? fault.Message : FileError.Describe(fault))}", fault);
        }
    }

    /// <summary>Formats the metadata that <see cref="FromMetadata"/> parses: a name a line, or a JSON array if a name contains line breaks.</summary>
    internal static string ToMetadata(IReadOnlyList<string> names) =>
        !names.Any(name => name.Contains('\n')) && names[0] is not ("[" or "{") ? string.Join('\n', names)
        : $"[\n{string.Join(",\n", names.Select(name => $"\"{JsonEncodedText.Encode(name)}\""))}\n]";

    /// <summary>Parses the class names in a model file's metadata; null if it has none.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="metadata">The value of <see cref="MetadataKey"/>; null for none.</param>
    /// <exception cref="InputException">The value contains no valid names.</exception>
    public static IReadOnlyList<string>? FromMetadata(string path, string? metadata)
    {
        if (metadata is null) return null;
        // Written by Arow: names are taken verbatim, and may begin like JSON.
        var isJson = metadata.StartsWith("[\n", StringComparison.Ordinal) || metadata.StartsWith("{\n", StringComparison.Ordinal);
        if (!isJson && metadata.Split('\n') is { Length: > 1 } lines) return lines;
        try
        {
            return Parse(metadata);
        }
        catch (FormatException fault)
        {
            throw new InputException($"{path}: invalid class names in its metadata '{MetadataKey}': {fault.Message}", fault);
        }
    }

    /// <summary>Returns a remark if given names replace different ones of the file; null otherwise.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="metadata">The value of <see cref="MetadataKey"/>; null for none.</param>
    /// <param name="given">The given names.</param>
    public static string? DescribeReplacement(string path, string? metadata, IReadOnlyList<string> given)
    {
        try
        {
            return FromMetadata(path, metadata) is { } own && !own.SequenceEqual(given)
                ? $"{path}: its class names, {Summarize(own)}, are replaced by the given names, {Summarize(given)}" : null;
        }
        catch (InputException)
        {
            // Names are given since those of the file cannot be read.
            return null;
        }
    }

    /// <summary>Normalises a name: case, spaces, hyphens, underscores, slashes and dots make no difference.</summary>
    internal static string Fold(string name) => string.Join(' ', name.ToLowerInvariant()
        .Split([' ', '\t', '_', '-', '/', '.'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Whether the names are numbers that are not in numeric order, such as 10 before 2.</summary>
    internal static bool AreNumbersOutOfOrder(IReadOnlyList<string> names)
    {
        var numbers = names.Select(n => long.TryParse(n, CultureInfo.InvariantCulture, out var number) ? number : (long?)null).ToList();
        return numbers.All(n => n is not null) && !numbers.SequenceEqual(numbers.Order());
    }

    /// <summary>Removes leading zeros of numbers, and maps alternative names of public data sets.</summary>
    private static string Canonicalize(string folded) =>
        folded.Length > 1 && folded.All(char.IsAsciiDigit) ? folded.TrimStart('0') is { Length: > 0 } number ? number : "0"
        : Aliases.GetValueOrDefault(folded, folded);

    private static List<string> ParseJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (!JsonTexts.AreUnicode(document.RootElement)) throw new FormatException("a name is not valid Unicode");
            if (document.RootElement.ValueKind == JsonValueKind.Array) return [.. document.RootElement.EnumerateArray().Select(ToName)];
            var byIndex = new SortedDictionary<int, string>();
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                var (index, name) = entry.Value.ValueKind == JsonValueKind.Number
                    ? (entry.Value.GetRawText(), entry.Name) : (entry.Name, ToName(entry.Value));
                if (!int.TryParse(index, CultureInfo.InvariantCulture, out var number) || !byIndex.TryAdd(number, name))
                    throw new FormatException($"'{entry.Name}' has no unique index");
            }
            return byIndex.Keys.SequenceEqual(Enumerable.Range(0, byIndex.Count)) ? [.. byIndex.Values]
                : throw new FormatException($"indices are not 0 to {byIndex.Count - 1}");
        }
        catch (JsonException e)
        {
            throw new FormatException("invalid JSON", e);
        }

        static string ToName(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new FormatException("a name is neither a string nor a number"),
        };
    }
}
