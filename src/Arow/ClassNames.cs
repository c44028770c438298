using System.Globalization;
using System.Text.Json;

namespace Arow;

/// <summary>Names of classes: in files, in messages, and when two of them mean the same.</summary>
public static class ClassNames
{
    /// <summary>The note of a model's file that holds the names of its outputs, in order.</summary>
    public const string Note = "class_names";

    /// <summary>How libraries name the classes of public data sets, where they do not agree: folded forms, see <see cref="Fold"/>.</summary>
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["t shirt top"] = "t shirt", ["plane"] = "airplane", ["aeroplane"] = "airplane", ["car"] = "automobile",
        ["0 zero"] = "0", ["1 one"] = "1", ["2 two"] = "2", ["3 three"] = "3", ["4 four"] = "4",
        ["5 five"] = "5", ["6 six"] = "6", ["7 seven"] = "7", ["8 eight"] = "8", ["9 nine"] = "9",
    };

    /// <summary>When two names mean the same class, strictest first.</summary>
    internal static readonly IReadOnlyList<Func<string, string>> Keys = [name => name, Fold, name => Known(Fold(name))];

    /// <summary>"cat, dog, eel", or the first ones and how many more there are.</summary>
    /// <param name="names">In their order.</param>
    /// <param name="between">What stands between two.</param>
    public static string Short(IReadOnlyList<string> names, string between = ", ")
    {
        const int Most = 12, Longest = 40;
        return string.Join(between, names.Take(Most).Select(n => n.Length > Longest ? $"{n[..Longest]}…" : n))
            + (names.Count > Most ? $" and {names.Count - Most} more" : "");
    }

    /// <summary>
    /// Reads names: one a line, with commas between on a single line, a JSON list, or a JSON object from names to places
    /// (torchvision's <c>class_to_idx</c>) or from places to names.
    /// </summary>
    /// <exception cref="FormatException">There are none, or they do not name the places from 0 up; the message says what is wrong.</exception>
    public static IReadOnlyList<string> Parse(string text)
    {
        var trimmed = text.Trim();
        var names = trimmed.StartsWith('[') || trimmed.StartsWith('{') ? Json(trimmed)
            : [.. trimmed.Split(trimmed.Contains('\n') ? '\n' : ',').Select(n => n.Trim())];
        if (names.Any(n => n.Length == 0)) throw new FormatException("a name is empty");
        if (names.CountBy(n => n).FirstOrDefault(n => n.Value > 1) is { Key: { } twice }) throw new FormatException($"'{twice}' is named twice");
        return names.Count > 1 ? names : throw new FormatException("fewer than two names");
    }

    /// <summary>Reads a file of names, or names with commas between: what the command line takes.</summary>
    /// <exception cref="InputException">It is neither.</exception>
    public static IReadOnlyList<string> Read(string given)
    {
        const int LongestFile = 1 << 24;
        try
        {
            if (File.Exists(given)) return Parse(OrdinaryFile.ReadAllText(given, LongestFile));
            return given.Contains(',') ? Parse(given) : throw new InputException($"'{given}' is neither a file nor names with commas between");
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{given}: {(fault is FormatException ? fault.Message : FileFault.Reason(fault))}", fault);
        }
    }

    /// <summary>The note that <see cref="Noted"/> reads: a name a line, or a JSON list where a name has lines of its own.</summary>
    internal static string ToNote(IReadOnlyList<string> names) => !names.Any(name => name.Contains('\n')) && names[0] is not ("[" or "{") ? string.Join('\n', names)
        : $"[\n{string.Join(",\n", names.Select(name => $"\"{JsonEncodedText.Encode(name)}\""))}\n]";

    /// <summary>The names that a model's file notes; null where it has no such note.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="noted">The note; null for none.</param>
    /// <exception cref="InputException">The note holds no names.</exception>
    public static IReadOnlyList<string>? Noted(string path, string? noted)
    {
        if (noted is null) return null;
        // As Arow writes it: nothing is taken off, and a name may begin like JSON.
        if (noted.Split('\n') is { Length: > 1 } lines && !noted.StartsWith("[\n", StringComparison.Ordinal) && !noted.StartsWith("{\n", StringComparison.Ordinal)) return lines;
        try
        {
            return Parse(noted);
        }
        catch (FormatException fault)
        {
            throw new InputException($"{path}: its note '{Note}' does not name the classes: {fault.Message}", fault);
        }
    }

    /// <summary>What to say where names are given in the place of others that the file notes; null where there is nothing to say.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="noted">Its note; null for none.</param>
    /// <param name="given">The names that were given.</param>
    public static string? Replaced(string path, string? noted, IReadOnlyList<string> given)
    {
        try
        {
            return Noted(path, noted) is { } own && !own.SequenceEqual(given)
                ? $"{path}: names its classes {Short(own)}; in their place it has the names that were given, {Short(given)}" : null;
        }
        catch (InputException)
        {
            // Names are given because those of the file are not to be read.
            return null;
        }
    }

    /// <summary>The same for names that differ in case, or in spaces, hyphens, underscores, slashes and dots.</summary>
    internal static string Fold(string name) => string.Join(' ', name.ToLowerInvariant()
        .Split([' ', '\t', '_', '-', '/', '.'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Whether the names are numbers whose order as text is not that of the numbers: 10 before 2.</summary>
    internal static bool AreNumbersInAnotherOrder(IReadOnlyList<string> names)
    {
        var numbers = names.Select(n => long.TryParse(n, CultureInfo.InvariantCulture, out var number) ? number : (long?)null).ToList();
        return numbers.All(n => n is not null) && !numbers.SequenceEqual(numbers.Order());
    }

    /// <summary>Numbers without leading zeros, and the other names of public sets.</summary>
    private static string Known(string folded) =>
        folded.Length > 1 && folded.All(char.IsAsciiDigit) ? folded.TrimStart('0') is { Length: > 0 } number ? number : "0"
        : OtherNames.GetValueOrDefault(folded, folded);

    private static List<string> Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (!JsonTexts.AreUnicode(document.RootElement)) throw new FormatException("a name is no Unicode text");
            if (document.RootElement.ValueKind == JsonValueKind.Array) return [.. document.RootElement.EnumerateArray().Select(Word)];
            var places = new SortedDictionary<int, string>();
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                var (place, name) = entry.Value.ValueKind == JsonValueKind.Number ? (entry.Value.GetRawText(), entry.Name) : (entry.Name, Word(entry.Value));
                if (!int.TryParse(place, CultureInfo.InvariantCulture, out var number) || !places.TryAdd(number, name))
                    throw new FormatException($"'{entry.Name}' has no place of its own");
            }
            return places.Keys.SequenceEqual(Enumerable.Range(0, places.Count)) ? [.. places.Values]
                : throw new FormatException($"places are not 0 to {places.Count - 1}");
        }
        catch (JsonException e)
        {
            throw new FormatException("it begins like JSON and is none", e);
        }

        static string Word(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new FormatException("a name is neither text nor a number"),
        };
    }
}
