using System.Text.Json.Serialization;

namespace Arow.Evaluation;

/// <summary>What became of a batch: a line of the journal.</summary>
/// <param name="Stage">0 for the images as they are, then the attacks from 1; -1 for the checks of the model.</param>
/// <param name="First">Place of the batch's first image among those of the stage.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Rows">The rows of its images after it, as <see cref="SampleResult.ToLine"/> writes them.</param>
internal sealed record BatchRecord(int Stage, int First, double Seconds, IReadOnlyList<string> Rows)
{
    /// <summary>The stage of the checks of the model.</summary>
    public const int Checks = -1;

    /// <summary>A batch as a line.</summary>
    internal static BatchRecord From(int stage, int first, BatchOutcome outcome) =>
        new(stage, first, outcome.Seconds, [.. outcome.Rows.Select(row => row.ToLine())])
        {
            Traffic = outcome.QueryCounts, ZeroGradients = outcome.ZeroGradients, Rounded = outcome.Rounded,
        };

    /// <summary>What the line says of a batch.</summary>
    /// <param name="indices">The images that it has to be of.</param>
    /// <exception cref="InputException">It is of others.</exception>
    internal BatchOutcome ToOutcome(IReadOnlyList<long> indices)
    {
        List<SampleResult> rows = [.. Rows.Select(SampleResult.Parse).OfType<SampleResult>()];
        return rows.Select(row => row.Index).SequenceEqual(indices)
            ? new BatchOutcome(rows) { Seconds = Seconds, IsResumed = true, QueryCounts = Traffic, ZeroGradients = ZeroGradients, Rounded = Rounded }
            : throw new InputException("the journal does not fit the evaluation; without that file it begins anew");
    }

    /// <summary>What the attack asked of the classifier.</summary>
    public QueryCounts Traffic { get; init; }

    /// <summary>Places in the whole set of images whose gradient was zero at the attack's beginning.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<long>? ZeroGradients { get; init; }

    /// <summary>Places in the whole set of adversarial images that are classified rightly once rounded to 8 bits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<long>? Rounded { get; init; }

    /// <summary>What of the machine was not as it had been when the evaluation was begun; null if nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Elsewhere { get; init; }

    /// <summary>What the checks of the model found.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Findings { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BatchRecord))]
[JsonSerializable(typeof(EvaluationIdentity))]
internal sealed partial class JournalJson : JsonSerializerContext;
