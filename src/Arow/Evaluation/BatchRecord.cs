using System.Text.Json.Serialization;

namespace Arow.Evaluation;

/// <summary>The result of a batch: a line of the journal.</summary>
/// <param name="Stage">0 for the clean images, then the attacks from 1; -1 for the checks of the model.</param>
/// <param name="First">Position of the batch's first image among those of the stage.</param>
/// <param name="Seconds">The time it took.</param>
/// <param name="Rows">The rows of its images after it, as <see cref="SampleResult.ToLine"/> writes them.</param>
internal sealed record BatchRecord(int Stage, int First, double Seconds, IReadOnlyList<string> Rows)
{
    /// <summary>The stage of the checks of the model.</summary>
    public const int Checks = -1;

    /// <summary>Creates the record of a batch, without its stage and place, which the stage adds.</summary>
    internal static BatchRecord From(BatchOutcome outcome) =>
        new(0, 0, outcome.Seconds, [.. outcome.Rows.Select(row => row.ToLine())])
        {
            Traffic = outcome.QueryCounts, ZeroGradients = outcome.ZeroGradients, Rounded = outcome.Rounded,
            Confidence = outcome.Confidence,
        };

    /// <summary>Converts the record to the result of a batch.</summary>
    /// <param name="indices">The expected images.</param>
    /// <exception cref="InputException">The record is of other images.</exception>
    internal BatchOutcome ToOutcome(IReadOnlyList<long> indices)
    {
        List<SampleResult> rows = [.. Rows.Select(SampleResult.Parse).OfType<SampleResult>()];
        return rows.Select(row => row.Index).SequenceEqual(indices)
            ? new BatchOutcome(rows)
            {
                Seconds = Seconds, QueryCounts = Traffic, ZeroGradients = ZeroGradients, Rounded = Rounded, Confidence = Confidence,
            }
            : throw new InputException("the journal does not match the evaluation; without that file the work restarts");
    }

    /// <summary>The attack's query counts.</summary>
    public QueryCounts Traffic { get; init; }

    /// <summary>Indices in the whole set of images whose gradient was zero at the start of the attack.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<long>? ZeroGradients { get; init; }

    /// <summary>Indices in the whole set of adversarial images that are classified correctly after rounding to 8 bits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<long>? Rounded { get; init; }

    /// <summary>The probability of each image's predicted class without an attack; null for an attack's batch.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Confidence { get; init; }

    /// <summary>Differences of the machine from the start of the evaluation; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Elsewhere { get; init; }

    /// <summary>The findings of the checks of the model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Findings { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BatchRecord))]
[JsonSerializable(typeof(EvaluationIdentity))]
internal sealed partial class JournalJson : JsonSerializerContext;
