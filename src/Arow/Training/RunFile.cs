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

    /// <summary>The maximum bytes of a run or study file: a longer file is something else, or endless.</summary>
    internal const int MaximumLength = 1 << 24;

    /// <summary>
    /// Reads the options of a run file, with overrides. All errors are reported at once.
    /// </summary>
    /// <param name="path">The run file; null for none.</param>
    /// <param name="overrides">Names and values that override the file's.</param>
    /// <exception cref="InputException">One or more errors, joined by semicolons.</exception>
    public static TrainingOptions Read(string? path, IEnumerable<(string Name, string Value)> overrides)
    {
        var (options, problems) = Parse(path, overrides);
        if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
        return options;
    }

    /// <summary>Like Read, but returns the errors, so that errors of the files that options name can be added.</summary>
    /// <param name="path">The run file; null for none.</param>
    /// <param name="overrides">Names and values that override the file's.</param>
    /// <exception cref="InputException">The file is missing or not a JSON object.</exception>
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

    /// <summary>Returns the JSON schema of run files: <c>docs/schemas/run.json</c>.</summary>
    public static string Schema() => SettingSchema.Write("A training run of Arow", SettingSchema.Object(
    [
        KeyValuePair.Create(SchemaKey, (JsonNode?)new JsonObject { ["type"] = "string" }), .. SettingSchema.Properties(Settings.All),
        .. ((string[])[Provenance, Data]).Select(key => KeyValuePair.Create(key, (JsonNode?)new JsonObject { ["type"] = "object" })),
    ]));

    /// <summary>Formats the options as a run file, without unset ones.</summary>
    /// <param name="options">The options to write.</param>
    /// <param name="provenance">Versions and the machine, for the run folder.</param>
    /// <param name="data">The data of the run, for the run folder.</param>
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

    /// <summary>Reads the identity of the data that a run started with; null if the file does not contain it.</summary>
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
            throw new InputException($"{path}: '{Data}' is damaged: it does not identify the data that the run started with", e);
        }
    }

    /// <summary>Reads the versions and the machine that a run started with; null if the file does not contain them.</summary>
    /// <exception cref="InputException">The file cannot be read or is not JSON.</exception>
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
            throw new InputException($"{path}: a run file must be a JSON object of option names and values");
        foreach (var duplicate in document.RootElement.EnumerateObject().CountBy(p => p.Name).Where(p => p.Value > 1))
            problems.Add($"{path}: duplicate key '{duplicate.Key}' ({duplicate.Value} times)");
        List<(string, string)> entries =
        [
            .. document.RootElement.EnumerateObject()
                .Where(p => p.Name is not (Provenance or Data or SchemaKey) && p.Value.ValueKind != JsonValueKind.Null)
                .Select(p => (p.Name, ToText(p.Value))),
        ];
        // Runs record every option; run files without this one are of a version that had only one behaviour.
        if (document.RootElement.TryGetProperty(Provenance, out _) && !document.RootElement.TryGetProperty(DropoutMasks, out _))
            entries.Add((DropoutMasks, EnumName.ToName(DropoutMask.Independent)));
        return entries;
    }

    /// <summary>Opens a JSON file; comments, trailing commas and a byte order mark are allowed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">The name of the file in messages.</param>
    /// <exception cref="InputException">It cannot be read or is not JSON.</exception>
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
            throw new InputException($"{path}: contains a string that is not valid Unicode");
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
                $"{path}: is longer than {MaximumLength >> 20} MB, too long for such a file");
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <summary>Converts a value to the text that a <see cref="Setting{TOptions}"/> reads.</summary>
    internal static string ToText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(ToText)),
        _ => value.GetRawText(),
    };

    /// <summary>Returns the options with a setting; unchanged, and with one more problem, if the setting or the value is invalid.</summary>
    internal static TrainingOptions Apply(
        TrainingOptions options, string name, string value, string where, List<string> problems) =>
        Settings.All.Apply(options, name, value, where, problems);
}
