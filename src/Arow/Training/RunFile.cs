using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.IO;
using Arow.Options;

namespace Arow.Training;

/// <summary>
/// A training run as a file: a JSON object (comments and trailing commas allowed) whose keys are the names of
/// <see cref="Settings"/>. The <c>run.json</c> of a run folder is one, with its provenance and the identity of its data added.
/// </summary>
internal static class RunFile
{
    private const string Provenance = "provenance", Data = "data", SchemaKey = "$schema";
    private const string DropoutMasks = "dropout-mask";

    /// <summary>Bytes of a file of settings: what is longer is something else, or has no end.</summary>
    internal const int MaximumLength = 1 << 24;

    /// <summary>
    /// The options of a run file with others put over them. Every fault is found before any is reported.
    /// </summary>
    /// <param name="path">The run file; null for none.</param>
    /// <param name="overrides">Names and values that win over the file's.</param>
    /// <exception cref="InputException">One or more faults, joined by semicolons.</exception>
    public static TrainingOptions Read(string? path, IEnumerable<(string Name, string Value)> overrides)
    {
        var (options, problems) = Parse(path, overrides);
        if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
        return options;
    }

    /// <summary>The same, with the faults told instead of thrown: what is wrong with files that options name can be added.</summary>
    /// <param name="path">The run file; null for none.</param>
    /// <param name="overrides">Names and values that win over the file's.</param>
    /// <exception cref="InputException">The file is missing or no JSON object.</exception>
    public static (TrainingOptions Options, IReadOnlyList<string> Problems) Parse(
        string? path, IEnumerable<(string Name, string Value)> overrides)
    {
        var problems = new List<string>();
        var options = new TrainingOptions();
        if (path is not null)
        {
            foreach (var (name, value) in ReadEntries(path, problems)) options = Apply(options, name, value, $"{path}: ", problems);
        }
        foreach (var (name, value) in overrides) options = Apply(options, name, value, "", problems);

        problems.AddRange(options.Validate());
        return (options, problems);
    }

    /// <summary>The JSON schema of run files: <c>docs/schemas/run.json</c>.</summary>
    public static string Schema() => SettingSchema.Write("A training run of Arow", SettingSchema.Object(
    [
        KeyValuePair.Create(SchemaKey, (JsonNode?)new JsonObject { ["type"] = "string" }), .. SettingSchema.Properties(Settings.All),
        .. ((string[])[Provenance, Data]).Select(key => KeyValuePair.Create(key, (JsonNode?)new JsonObject { ["type"] = "object" })),
    ]));

    /// <summary>The options as a run file, those that are not set left out.</summary>
    /// <param name="options">What to write.</param>
    /// <param name="provenance">Versions and the machine, for the run folder.</param>
    /// <param name="data">What it was trained on, for the run folder.</param>
    public static string Write(TrainingOptions options, JsonObject? provenance = null, RunData? data = null)
    {
        var root = new JsonObject();
        foreach (var setting in Settings.All)
        {
            if (setting.Get(options) is not { } text) continue;
            root[setting.Name] = setting.ToJson(text);
        }
        if (provenance is not null) root[Provenance] = provenance;
        if (data is not null) root[Data] = JsonSerializer.SerializeToNode(data, RunDataJson.Default.RunData);
        return root.ToJsonString(
            new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
                + "\n";
    }

    /// <summary>The identity of the data that a run was begun with; null where its file does not say it.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal static RunData? ReadData(string path)
    {
        using var document = Open(path, "run file");
        try
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Data, out var element)) return null;
            return element.Deserialize(RunDataJson.Default.RunData) is { } data && data.All.All(part => part.IsValid) ? data
                : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: '{Data}' is damaged: it does not say which data the run was begun with", e);
        }
    }

    /// <summary>Versions and the machine that a run was begun with; null where its file does not say it.</summary>
    /// <exception cref="InputException">The file cannot be read or is no JSON.</exception>
    internal static JsonObject? ReadProvenance(string path)
    {
        using var document = Open(path, "run file");
        return document.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty(Provenance, out var provenance) && provenance.ValueKind == JsonValueKind.Object
            ? JsonObject.Create(provenance.Clone()) : null;
    }

    private static List<(string Name, string Value)> ReadEntries(string path, List<string> problems)
    {
        using var document = Open(path, "run file");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new InputException($"{path}: a run file is a JSON object of option names and values");
        foreach (var duplicate in document.RootElement.EnumerateObject().CountBy(p => p.Name).Where(p => p.Value > 1))
            problems.Add($"{path}: '{duplicate.Key}' is said {duplicate.Value} times");
        List<(string, string)> entries =
        [
            .. document.RootElement.EnumerateObject()
                .Where(p => p.Name is not (Provenance or Data or SchemaKey) && p.Value.ValueKind != JsonValueKind.Null)
                .Select(p => (p.Name, ToText(p.Value))),
        ];
        // Runs write down every choice; those that do not say this one are of a version that had no other.
        if (document.RootElement.TryGetProperty(Provenance, out _) && !document.RootElement.TryGetProperty(DropoutMasks, out _))
            entries.Add((DropoutMasks, EnumName.ToName(DropoutMask.Independent)));
        return entries;
    }

    /// <summary>A file of JSON, comments, trailing commas and the mark that some editors begin files with allowed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">How messages call it.</param>
    /// <exception cref="InputException">It cannot be read or is no JSON.</exception>
    internal static JsonDocument Open(string path, string what)
    {
        if (Directory.Exists(path)) throw new InputException($"{what} '{path}' is a folder");
        try
        {
            var bytes = ReadBounded(path);
            if (bytes.Span.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
            var document = JsonDocument.Parse(
                bytes, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (JsonTexts.AreUnicode(document.RootElement)) return document;
            document.Dispose();
            throw new InputException($"{path}: holds a text that is no Unicode");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not JSON at line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{what} '{path}' cannot be read: {FileError.Describe(e)}", e);
        }
    }

    private static ReadOnlyMemory<byte> ReadBounded(string path)
    {
        using var file = RegularFile.Open(path);
        using var content = new MemoryStream();
        var part = new byte[1 << 16];
        for (int count; (count = file.Read(part)) > 0;)
        {
            content.Write(part, 0, count);
            if (content.Length > MaximumLength) throw new InputException(
                $"{path}: is longer than {MaximumLength >> 20} MB, which no file of settings is");
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <summary>A value as the text that a <see cref="Setting{TOptions}"/> reads.</summary>
    internal static string ToText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(ToText)),
        _ => value.GetRawText(),
    };

    /// <summary>The options with a setting; as they are, and one more problem, if there is no such setting or value.</summary>
    internal static TrainingOptions Apply(
        TrainingOptions options, string name, string value, string where, List<string> problems) =>
        Settings.All.Apply(options, name, value, where, problems);
}
