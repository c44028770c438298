using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.IO;

namespace Arow.Studies;

/// <summary>The endpoints that a study stated at a time.</summary>
/// <param name="Since">The time, in UTC.</param>
/// <param name="StartedRuns">The number of runs started by then.</param>
/// <param name="MeasuredRuns">The number of runs measured by then.</param>
/// <param name="Primary">The primary endpoint's <see cref="Endpoint.Statement"/>; null if there was none.</param>
/// <param name="Secondary">The statements of the secondary endpoints.</param>
internal sealed record StatedEndpoints(DateTimeOffset Since, int StartedRuns, int MeasuredRuns, JsonObject? Primary, JsonArray Secondary)
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A name twice in an object would be found only when the object is looked into.</summary>
    private static readonly JsonDocumentOptions Unique = new() { AllowDuplicateProperties = false };

    /// <summary>The fingerprint of the statements.</summary>
    public string Sha256 => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Primary?.ToJsonString() ?? "null"}\n{Secondary.ToJsonString()}")));

    /// <summary>Whether nothing is stated.</summary>
    public bool IsEmpty => Primary is null && Secondary.Count == 0;

    /// <summary>Creates the present statements of a study.</summary>
    /// <param name="study">The study.</param>
    /// <param name="begun">The number of started runs.</param>
    /// <param name="measured">The number of measured runs.</param>
    public static StatedEndpoints Create(Study study, int begun, int measured) => new(
        DateTimeOffset.UtcNow, begun, measured, study.Primary?.Statement(study), new JsonArray([.. study.Secondary.Select(e => e.Statement(study))]));

    /// <summary>
    /// Adds the present statements to a history: statements before any run are replaced without a trace, since no results
    /// were known.
    /// </summary>
    /// <param name="history">From the oldest to the newest.</param>
    /// <param name="now">What is stated now.</param>
    public static IReadOnlyList<StatedEndpoints> Add(IReadOnlyList<StatedEndpoints> history, StatedEndpoints now) =>
        history.Count > 0 && history[^1].Sha256 == now.Sha256 || history.Count == 0 && now.IsEmpty ? history
        : now.StartedRuns == 0 ? [now]
        : [.. history, now];

    /// <summary>Reads a history; empty if the file is missing.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal static IReadOnlyList<StatedEndpoints> Read(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            return [.. JsonNode.Parse(RegularFile.ReadAllText(path, Training.RunFile.MaximumLength), documentOptions: Unique)!.AsArray()
                .Select(entry => Read(entry!.AsObject()))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new InputException($"{path}: is damaged; restore it from a copy of the study", e);
        }
    }

    /// <summary>Formats the history as a file.</summary>
    internal static string Write(IReadOnlyList<StatedEndpoints> history) => new JsonArray([.. history.Select(h => (JsonNode)new JsonObject
    {
        ["since"] = h.Since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["runs_begun"] = h.StartedRuns,
        ["runs_measured"] = h.MeasuredRuns,
        ["sha256"] = h.Sha256,
        ["primary"] = h.Primary?.DeepClone(),
        ["secondary"] = h.Secondary.DeepClone(),
    })]).ToJsonString(Format) + "\n";

    private static StatedEndpoints Read(JsonObject entry)
    {
        var stated = new StatedEndpoints(
            DateTimeOffset.Parse(entry["since"]!.GetValue<string>(), CultureInfo.InvariantCulture),
            entry["runs_begun"]!.GetValue<int>(), entry["runs_measured"]!.GetValue<int>(),
            entry["primary"]?.DeepClone().AsObject(), entry["secondary"]!.DeepClone().AsArray());
        return entry["sha256"]!.GetValue<string>() == stated.Sha256 ? stated : throw new JsonException("changed");
    }
}
