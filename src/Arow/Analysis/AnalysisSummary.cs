using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>What was found of one model.</summary>
/// <param name="Subject">The model, the images and the perturbations.</param>
/// <param name="Bound">The risks and their bounds.</param>
/// <param name="Groups">Least robust first.</param>
/// <param name="Classes">Class by class.</param>
public sealed record ModelFindings(
    EvaluationSubject Subject, RiskBound Bound, IReadOnlyList<GroupSummary> Groups, ClassRobustness Classes)
{
    /// <summary>Accuracy against ε; empty if that was not asked for.</summary>
    public IReadOnlyList<CurvePoint> Epsilons { get; init; } = [];

    /// <summary>Accuracy against steps of the attack; empty if that was not asked for.</summary>
    public IReadOnlyList<CurvePoint> Steps { get; init; } = [];
}

/// <summary>Where the loss surface was computed, and what it comes to at the points that matter.</summary>
/// <param name="N">Images in the mean.</param>
/// <param name="Side">Points on each axis.</param>
/// <param name="AtImage">Mean cross-entropy at the images.</param>
/// <param name="AlongAttack">At the adversarial images.</param>
/// <param name="AlongRandom">At the images moved as far along the random direction.</param>
/// <param name="Images">Places of the images that are shown one by one.</param>
public sealed record SurfaceSummary(int N, int Side, double AtImage, double AlongAttack, double AlongRandom, IReadOnlyList<long> Images)
{
    internal static SurfaceSummary Of(LossSurface s)
    {
        var (middle, last) = (s.Places.Count / 2, s.Places.Count - 1);
        return new SurfaceSummary(s.N, s.Places.Count, s.Mean[middle][middle], s.Mean[last][middle], s.Mean[middle][last], [.. s.Images.Select(i => i.Index)]);
    }
}

/// <summary>An analysis in numbers: <c>analysis.json</c>.</summary>
public sealed record AnalysisSummary
{
    /// <summary>Images.</summary>
    public required int N { get; init; }

    /// <summary>train or test.</summary>
    public required string Split { get; init; }

    /// <summary>The attack that all but the curves is under.</summary>
    public required string Attack { get; init; }

    /// <summary>The model that is analysed.</summary>
    public required ModelFindings Model { get; init; }

    /// <summary>The model that it is held against; null for none.</summary>
    public ModelFindings? Against { get; init; }

    /// <summary>Both of them in pairs; null for one.</summary>
    public GroupComparison? Comparison { get; init; }

    /// <summary>What was chosen, matched or assumed when the models were opened, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Images that the curves were measured on.</summary>
    public int CurveImages { get; init; }

    /// <summary>The attack of the curve over steps, without their number.</summary>
    public string? StepsOf { get; init; }

    /// <summary>The loss surface; null if that was not asked for.</summary>
    public SurfaceSummary? Surface { get; init; }

    /// <summary>The images that training watched; empty where it watched none.</summary>
    public IReadOnlyList<TrainingCourse> Training { get; init; } = [];

    /// <summary>Versions and the machine.</summary>
    public required JsonElement Provenance { get; init; }

    /// <summary>The rows that all of this comes from.</summary>
    public required string Rows { get; init; }

    /// <summary>As JSON, over several lines.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AnalysisJson.Default.AnalysisSummary) + "\n";

    /// <summary>As JSON, on one line.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, OneLine.AnalysisSummary);

    private static readonly AnalysisJson OneLine = new(new JsonSerializerOptions(AnalysisJson.Default.Options) { WriteIndented = false });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(AnalysisSummary))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class AnalysisJson : JsonSerializerContext;
