using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Evaluation.Checks;
using Arow.IO;
using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>One attack in a summary.</summary>
/// <param name="Name">The attack.</param>
/// <param name="Accuracy">Robust accuracy after it and those before it, in [0, 1].</param>
/// <param name="Attacked">The number of attacked images.</param>
/// <param name="Broken">The number of images that it broke.</param>
/// <param name="Seconds">The time it took.</param>
public sealed record AttackSummary(string Name, double Accuracy, int Attacked, int Broken, double Seconds)
{
    /// <summary>Wilson's 95 % interval of <see cref="Accuracy"/>.</summary>
    public double[]? Interval { get; init; }

    /// <summary>Balanced robust accuracy after it and those before it; null in older summaries.</summary>
    public double? BalancedAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedInterval { get; init; }

    /// <summary>Accuracy under this attack alone: known if no attack before it broke an image; otherwise null.</summary>
    public double? AccuracyAlone { get; init; }

    /// <summary>Whether it attacked all images that were robust at its start.</summary>
    public bool Complete { get; init; }

    /// <summary>Share of its gradients that were zero everywhere; null if it used none.</summary>
    public double? ZeroGradients { get; init; }

    /// <summary>Forward and backward passes for each attacked image.</summary>
    public double PassesPerImage { get; init; }
}

/// <summary>One class in a summary.</summary>
/// <param name="Name">The class.</param>
/// <param name="N">Its images.</param>
/// <param name="CleanAccuracy">In [0, 1].</param>
/// <param name="RobustAccuracy">In [0, 1].</param>
public sealed record ClassSummary(string Name, int N, double CleanAccuracy, double RobustAccuracy)
{
    /// <summary>Wilson's 95 % interval of <see cref="CleanAccuracy"/>; null if there are no images.</summary>
    public double[]? CleanInterval => IntervalOf(CleanAccuracy);

    /// <summary>Wilson's 95 % interval of <see cref="RobustAccuracy"/>; null if there are no images.</summary>
    public double[]? RobustInterval => IntervalOf(RobustAccuracy);

    private double[]? IntervalOf(double accuracy) =>
        N == 0 ? null : Confidence.Wilson((long)Math.Round(accuracy * N), N) is var (low, high) ? [low, high] : null;
}

/// <summary>Adversarial images classified again after rounding to 8 bits a pixel.</summary>
/// <param name="Broken">Adversarial images that attacks found.</param>
/// <param name="Survived">The number of those that fool the classifier as 8-bit images too.</param>
/// <param name="RobustAccuracy">Share of images without an adversarial 8-bit image found here.</param>
/// <param name="RobustInterval">Wilson's 95 % interval of it.</param>
/// <param name="Recovered">Indices of the images that are correct again after rounding.</param>
public sealed record QuantizedSummary(
    int Broken, int Survived, double RobustAccuracy, double[] RobustInterval, IReadOnlyList<long> Recovered);

/// <summary>The subject of an evaluation, as in its summary.</summary>
/// <param name="Model">Architecture.</param>
/// <param name="Weights">The weights file.</param>
/// <param name="WeightsSha256">The SHA-256 of its content.</param>
/// <param name="Objective">The training objective; null if unknown.</param>
/// <param name="SelectedOn">validation, test or last; null if unknown.</param>
/// <param name="Dataset">Name in the Catalog.</param>
/// <param name="Norm">linf, l2 or l1.</param>
/// <param name="Epsilon">The text as written: 8/255.</param>
/// <param name="Seed">The seed of the attacks and of the drawn images.</param>
public sealed record EvaluationSubject(
    string Model, string Weights, string WeightsSha256, string? Objective, string? SelectedOn,
    string Dataset, string Norm, string Epsilon, long Seed)
{
    /// <summary>Hash of the images, their classes and indices; null in older summaries.</summary>
    public string? DataSha256 { get; init; }

    /// <summary>keyed or published.</summary>
    public string? Randomness { get; init; }

    /// <summary>Images at a time.</summary>
    public int? BatchSize { get; init; }

    /// <summary>exact or fast: see <see cref="EvaluationOptions.Precision"/>.</summary>
    public string? Precision { get; init; }

    /// <summary>Other non-default options that affect the rows; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>The folder of the images; null if they came from none, and in older summaries.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DataDir { get; init; }

    /// <summary>The protocol, with a standard name only if it was run unchanged: see <see cref="Protocol"/>.</summary>
    public string? Protocol { get; init; }
}

/// <summary>The summary of an evaluation: <c>summary.json</c>.</summary>
/// <example>
/// <code>
/// EvaluationSummary summary = run.Evaluate();
/// var line = $"clean {summary.CleanAccuracy:P1}, robust {summary.RobustAccuracy:P1}";
/// </code>
/// </example>
public sealed record EvaluationSummary
{
    /// <summary>The number of images.</summary>
    public required int N { get; init; }

    /// <summary>Share of images classified correctly without an attack.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>Wilson's 95 % interval of it.</summary>
    public required double[] CleanInterval { get; init; }

    /// <summary>Share of images that no attack broke.</summary>
    public required double RobustAccuracy { get; init; }

    /// <summary>Wilson's 95 % interval of it.</summary>
    public required double[] RobustInterval { get; init; }

    /// <summary>Mean over the classes that have images of the share classified correctly without an attack; null in older summaries.</summary>
    public double? BalancedCleanAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedCleanInterval { get; init; }

    /// <summary>Mean over the classes that have images of the share that no attack broke; null in older summaries.</summary>
    public double? BalancedRobustAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedRobustInterval { get; init; }

    /// <summary>The attacks in order, with the robust accuracy after each.</summary>
    public required IReadOnlyList<AttackSummary> Attacks { get; init; }

    /// <summary>The classes in order.</summary>
    public required IReadOnlyList<ClassSummary> Classes { get; init; }

    /// <summary>The findings; null in older summaries.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>Whether the model predicts the same class for all or nearly all images.</summary>
    [JsonIgnore]
    public bool IsConstant => Findings?.Any(f => f.Check == ConstantPrediction.Name) == true;

    /// <summary>The number of classes with images.</summary>
    [JsonIgnore]
    public int ClassesPresent => Classes.Count(c => c.N > 0);

    /// <summary>Why the evaluation ended early; null if it is complete.</summary>
    public string? EndedEarly { get; init; }

    /// <summary>
    /// Calibration on clean images; null in older summaries, and if the outputs are no logits, so that their softmax is no probability.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Calibration? Calibration { get; init; }

    /// <summary>The results on 8-bit images; null if not requested.</summary>
    public QuantizedSummary? Quantized { get; init; }

    /// <summary>The subject of the evaluation.</summary>
    public required EvaluationSubject Subject { get; init; }

    /// <summary>Versions and the machine.</summary>
    public required JsonElement Provenance { get; init; }

    /// <summary>The file of the rows.</summary>
    public required string Rows { get; init; }

    /// <summary>Summarizes an evaluation.</summary>
    /// <param name="result">The evaluation.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="subject">The subject of the evaluation.</param>
    /// <param name="rows">The file of the rows.</param>
    public static EvaluationSummary Create(
        EvaluationResult result, IReadOnlyList<string> classes, EvaluationSubject subject, string rows)
    {
        var n = result.Rows.Count;
        var (clean, robust) = (result.Rows.Count(r => r.Clean == r.Label), result.Rows.Count(r => r.Robust));
        var (balanced, balancedRobust) =
            (BalancedAccuracy.Compute(result.Rows, r => r.Clean == r.Label), BalancedAccuracy.Compute(result.Rows, r => r.Robust));
        return new EvaluationSummary
        {
            N = n,
            CleanAccuracy = (double)clean / n,
            CleanInterval = ToArray(Confidence.Wilson(clean, n)),
            RobustAccuracy = (double)robust / n,
            RobustInterval = ToArray(Confidence.Wilson(robust, n)),
            BalancedCleanAccuracy = balanced.Value,
            BalancedCleanInterval = ToArray(balanced.Interval),
            BalancedRobustAccuracy = balancedRobust.Value,
            BalancedRobustInterval = ToArray(balancedRobust.Interval),
            Attacks = [.. result.Attacks.Select(a => SummarizeAttack(a, n))],
            Classes = [.. classes.Select((name, k) => SummarizeClass(name, [.. result.Rows.Where(r => r.Label == k)]))],
            Findings = result.Findings,
            EndedEarly = result.EndedEarly
                ? $"ended early with {robust} of {n} images robust: the upper end of the 95 % interval is below the requested bound, and the remaining attacks were not run. The true robust accuracy is at most the value given here."
                : null,
            Calibration = SummarizeCalibration(result),
            Quantized = SummarizeQuantized(result),
            Subject = subject,
            Provenance = JsonSerializer.SerializeToElement(Arow.Runtime.Provenance.ToJson(), SummaryJson.Default.JsonObject),
            Rows = rows,
        };
    }

    /// <summary>Formats the summary as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.EvaluationSummary) + "\n";

    /// <summary>Formats the summary as JSON on one line.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, OneLine.EvaluationSummary);

    private const int MaximumLength = 1 << 26;

    /// <summary>Reads the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="InputException">The file is not a summary.</exception>
    public static EvaluationSummary Read(string path)
    {
        try
        {
            var summary = JsonSerializer.Deserialize(RegularFile.ReadAllText(path, MaximumLength), SummaryJson.Default.EvaluationSummary)
                ?? throw new JsonException("null");
            return SummaryValidator.Validate(summary) is { } error ? throw new JsonException(error) : summary;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            var reason = e is JsonException { Path: { } place } damaged ? $"{place} in line {damaged.LineNumber + 1} is damaged or of another kind"
                : e is JsonException ? e.Message : FileError.Describe(e);
            throw new InputException($"{path}: not a summary of an evaluation: {reason}", e);
        }
    }

    private static readonly SummaryJson OneLine = new(new JsonSerializerOptions(SummaryJson.Default.Options) { WriteIndented = false });

    private static AttackSummary SummarizeAttack(AttackResult a, int n) => new(a.Name, a.Accuracy, a.Attacked, a.Broken, Math.Round(a.Seconds, 3))
    {
        Interval = ToArray(Confidence.Wilson((long)Math.Round(a.Accuracy * n), n)),
        BalancedAccuracy = a.Balanced?.Value,
        BalancedInterval = a.Balanced is { } balanced ? ToArray(balanced.Interval) : null,
        AccuracyAlone = a.AccuracyAlone,
        Complete = a.Complete,
        ZeroGradients = a.QueryCounts.Gradients == 0 ? null : (double)a.QueryCounts.Zero / a.QueryCounts.Gradients,
        PassesPerImage = a.Attacked == 0 ? 0 : Math.Round((double)a.QueryCounts.Images / a.Attacked, 1),
    };

    private static Calibration? SummarizeCalibration(EvaluationResult result) =>
        result.Confidence is not { } confidence || result.Findings.Any(f => f.Check == ProbabilityOutput.Name) ? null
        : Evaluation.Calibration.Compute([.. result.Rows.Zip(confidence, (row, p) => (p, row.Clean == row.Label))]);

    private static QuantizedSummary? SummarizeQuantized(EvaluationResult result)
    {
        if (!result.Attacks.Any(a => a.Rounded is not null)) return null;
        long[] recovered = [.. result.Attacks.SelectMany(a => a.Rounded ?? []).Order()];
        var (broken, n) = (result.Attacks.Sum(a => a.Broken), result.Rows.Count);
        var robust = result.Rows.Count(r => r.Robust) + recovered.Length;
        return new QuantizedSummary(
            broken, broken - recovered.Length, (double)robust / n, ToArray(Confidence.Wilson(robust, n)), recovered);
    }

    private static ClassSummary SummarizeClass(string name, List<SampleResult> rows) => new(
        name, rows.Count, Fraction(rows.Count(r => r.Clean == r.Label), rows.Count), Fraction(rows.Count(r => r.Robust), rows.Count));

    private static double Fraction(int part, int whole) => whole == 0 ? 0 : (double)part / whole;

    private static double[] ToArray(Interval interval) => [interval.Low, interval.High];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EvaluationSummary))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class SummaryJson : JsonSerializerContext;
