using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Evaluation.Checks;
using Arow.IO;
using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>One attack in a summary.</summary>
/// <param name="Name">The attack.</param>
/// <param name="Accuracy">Accuracy left after it and those before it, in [0, 1].</param>
/// <param name="Attacked">Images that it tried.</param>
/// <param name="Broken">Images that it turned.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record AttackSummary(string Name, double Accuracy, int Attacked, int Broken, double Seconds)
{
    /// <summary>Wilson's 95 % interval of <see cref="Accuracy"/>.</summary>
    public double[]? Interval { get; init; }

    /// <summary>Balanced accuracy left after it and those before it; null in older summaries.</summary>
    public double? BalancedAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedInterval { get; init; }

    /// <summary>Accuracy under this attack alone: known where none before it had turned an image; null elsewhere.</summary>
    public double? AccuracyAlone { get; init; }

    /// <summary>Whether it got to all images that stood when its turn came.</summary>
    public bool Complete { get; init; }

    /// <summary>Share of its gradients that were zero throughout; null if it took none.</summary>
    public double? ZeroGradients { get; init; }

    /// <summary>How often it asked the classifier, gradients included, for an image it tried.</summary>
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

/// <summary>Adversarial images judged again as images of 8 bits a pixel.</summary>
/// <param name="Broken">Adversarial images that attacks found.</param>
/// <param name="Survived">Of those, how many fool the classifier as 8-bit images too.</param>
/// <param name="RobustAccuracy">Share of images that no adversarial 8-bit image found here turns.</param>
/// <param name="RobustInterval">Wilson's 95 % interval of it.</param>
/// <param name="Recovered">Places of the images that are right again once rounded.</param>
public sealed record QuantizedSummary(
    int Broken, int Survived, double RobustAccuracy, double[] RobustInterval, IReadOnlyList<long> Recovered);

/// <summary>What was measured on what, as a summary says it.</summary>
/// <param name="Model">Architecture.</param>
/// <param name="Weights">The file.</param>
/// <param name="WeightsSha256">Of its content.</param>
/// <param name="Objective">What it was trained with; null if unknown.</param>
/// <param name="SelectedOn">validation, test or last; null if unknown.</param>
/// <param name="Dataset">Name in the Catalog.</param>
/// <param name="Norm">linf, l2 or l1.</param>
/// <param name="Epsilon">As it was written: 8/255.</param>
/// <param name="Seed">Of the attacks and of the drawn images.</param>
public sealed record EvaluationSubject(
    string Model, string Weights, string WeightsSha256, string? Objective, string? SelectedOn,
    string Dataset, string Norm, string Epsilon, long Seed)
{
    /// <summary>Hash of the images, their classes and places; null in older summaries.</summary>
    public string? DataSha256 { get; init; }

    /// <summary>keyed or published.</summary>
    public string? Randomness { get; init; }

    /// <summary>Images at a time.</summary>
    public int? BatchSize { get; init; }

    /// <summary>exact or fast: see <see cref="EvaluationOptions.Precision"/>.</summary>
    public string? Precision { get; init; }

    /// <summary>Other options that decide the rows and are not at their defaults; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>What was run, called by its name only where it is what bears the name: see <see cref="Protocol"/>.</summary>
    public string? Protocol { get; init; }
}

/// <summary>An evaluation in numbers: <c>summary.json</c>.</summary>
/// <example>
/// <code>
/// EvaluationSummary summary = run.Evaluate();
/// var line = $"clean {summary.CleanAccuracy:P1}, robust {summary.RobustAccuracy:P1}";
/// </code>
/// </example>
public sealed record EvaluationSummary
{
    /// <summary>Images.</summary>
    public required int N { get; init; }

    /// <summary>Share of images classified rightly as they are.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>Wilson's 95 % interval of it.</summary>
    public required double[] CleanInterval { get; init; }

    /// <summary>Share of images that no attack turned.</summary>
    public required double RobustAccuracy { get; init; }

    /// <summary>Wilson's 95 % interval of it.</summary>
    public required double[] RobustInterval { get; init; }

    /// <summary>Mean over the classes that have images of the share classified rightly as they are; null in older summaries.</summary>
    public double? BalancedCleanAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedCleanInterval { get; init; }

    /// <summary>Mean over the classes that have images of the share that no attack turned; null in older summaries.</summary>
    public double? BalancedRobustAccuracy { get; init; }

    /// <summary>95 % interval of it.</summary>
    public double[]? BalancedRobustInterval { get; init; }

    /// <summary>The attacks in order, with the accuracy that each left.</summary>
    public required IReadOnlyList<AttackSummary> Attacks { get; init; }

    /// <summary>The classes in order.</summary>
    public required IReadOnlyList<ClassSummary> Classes { get; init; }

    /// <summary>Reasons to read the numbers otherwise, or to trust them less; null in older summaries.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>Whether the model was found to give every image, or nearly every one, the same class.</summary>
    [JsonIgnore]
    public bool IsConstant => Findings?.Any(f => f.Check == ConstantPrediction.Name) == true;

    /// <summary>Classes that have images.</summary>
    [JsonIgnore]
    public int ClassesPresent => Classes.Count(c => c.N > 0);

    /// <summary>Why not every attack tried every image; null if all did.</summary>
    public string? EndedEarly { get; init; }

    /// <summary>Adversarial images as 8-bit images; null if that was not asked for.</summary>
    public QuantizedSummary? Quantized { get; init; }

    /// <summary>What was measured on what.</summary>
    public required EvaluationSubject Subject { get; init; }

    /// <summary>Versions and the machine.</summary>
    public required JsonElement Provenance { get; init; }

    /// <summary>The rows that all of this comes from.</summary>
    public required string Rows { get; init; }

    /// <summary>Counts what an evaluation found.</summary>
    /// <param name="result">The evaluation.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="subject">What was measured.</param>
    /// <param name="rows">Where the rows are.</param>
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
                ? $"{DescribeEarlyEnd(robust, n)}: the upper end of the 95 % interval is below the bound asked for, and what was left was not run. The true robust accuracy is at most what is said here."
                : null,
            Quantized = SummarizeQuantized(result),
            Subject = subject,
            Provenance = JsonSerializer.SerializeToElement(Arow.Runtime.Provenance.ToJson(), SummaryJson.Default.JsonObject),
            Rows = rows,
        };
    }

    /// <summary>As JSON, over several lines.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.EvaluationSummary) + "\n";

    /// <summary>As JSON, on one line.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, OneLine.EvaluationSummary);

    private const int MaximumLength = 1 << 26;

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InputException">The file is none.</exception>
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
            throw new InputException($"{path}: is no summary of an evaluation: {reason}", e);
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

    private static QuantizedSummary? SummarizeQuantized(EvaluationResult result)
    {
        if (!result.Attacks.Any(a => a.Rounded is not null)) return null;
        long[] recovered = [.. result.Attacks.SelectMany(a => a.Rounded ?? []).Order()];
        var (broken, n) = (result.Attacks.Sum(a => a.Broken), result.Rows.Count);
        var robust = result.Rows.Count(r => r.Robust) + recovered.Length;
        return new QuantizedSummary(
            broken, broken - recovered.Length, (double)robust / n, ToArray(Confidence.Wilson(robust, n)), recovered);
    }

    private static string DescribeEarlyEnd(int robust, int n) => $"ended early with {robust} of {n} images standing";

    private static ClassSummary SummarizeClass(string name, List<SampleResult> rows) => new(
        name, rows.Count, Fraction(rows.Count(r => r.Clean == r.Label), rows.Count), Fraction(rows.Count(r => r.Robust), rows.Count));

    private static double Fraction(int part, int whole) => whole == 0 ? 0 : (double)part / whole;

    private static double[] ToArray(Interval interval) => [interval.Low, interval.High];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EvaluationSummary))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class SummaryJson : JsonSerializerContext;
