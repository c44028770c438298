using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Distributed;

namespace Arow.Training;

/// <summary>What the run file says of several processes, in its provenance, and reports after it.</summary>
internal static class ProcessesStamp
{
    private const string Processes = "processes", Part = "process_batch", Norm = "batch_norm", Library = "mpi";

    private const string OverParts = "images of each process", OverAll = "images of all processes";

    /// <summary>Returns the entries.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="group">Several processes.</param>
    /// <param name="hasBatchNorm">Whether the network has batch norms.</param>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Create(TrainingOptions options, ProcessGroup group, bool hasBatchNorm)
    {
        yield return new(Processes, group.Size);
        yield return new(Part, options.BatchSize / group.Size);
        if (hasBatchNorm) yield return new(Norm, options.SyncNorm ? OverAll : OverParts);
        yield return new(Library, group.Description);
    }

    /// <summary>Returns a sentence for reports; null for one process.</summary>
    /// <param name="provenance">Of a run file.</param>
    /// <param name="isOtherMethod">Whether it differs from what one process computes, by more than rounding.</param>
    public static string? Describe(JsonElement provenance, out bool isOtherMethod)
    {
        isOtherMethod = false;
        if (provenance.ValueKind != JsonValueKind.Object || !provenance.TryGetProperty(Processes, out var number)
            || !number.TryGetInt32(out var processes) || processes < 2) return null;
        isOtherMethod = Text(Norm) == OverParts;
        var part = Text(Part) is { } images ? $" of {images} images each" : "";
        var norm = Text(Norm) is { } over ? $"; batch norm over the {over}" : "";
        var library = Text(Library) is { } mpi ? $" ({mpi})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"Trained by {processes} processes{part}{norm}{library}.");

        string? Text(string key) => provenance.TryGetProperty(key, out var value) ? Printable.Escape(value.ToString()) : null;
    }
}
