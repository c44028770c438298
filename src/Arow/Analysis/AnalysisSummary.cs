using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>The results for one model.</summary>
/// <param name="Subject">The model, the images and the perturbations.</param>
/// <param name="Bound">The risks and their bounds.</param>
/// <param name="Groups">The groups, least robust first.</param>
/// <param name="Classes">The results for each class.</param>
internal sealed record ModelFindings(
    EvaluationSubject Subject, RiskBound Bound, IReadOnlyList<GroupSummary> Groups, ClassRobustness Classes)
{
    /// <summary>Accuracy as a function of ε; empty if left out.</summary>
    public IReadOnlyList<CurvePoint> Epsilons { get; init; } = [];

    /// <summary>Accuracy as a function of the steps of the attack; empty if left out.</summary>
    public IReadOnlyList<CurvePoint> Steps { get; init; } = [];
}

/// <summary>The extent of the loss surface, and its values at the points that matter.</summary>
/// <param name="N">Number of images of the mean.</param>
/// <param name="Side">Points on each axis.</param>
/// <param name="AtImage">Mean cross-entropy at the images.</param>
/// <param name="AlongAttack">Mean cross-entropy at the adversarial images.</param>
/// <param name="AlongRandom">Mean cross-entropy at the same distance along the random direction.</param>
/// <param name="Images">Indices of the images that are shown individually.</param>
internal sealed record SurfaceSummary(int N, int Side, double AtImage, double AlongAttack, double AlongRandom, IReadOnlyList<long> Images)
{
    internal static SurfaceSummary FromSurface(LossSurface s)
    {
        var (middle, last) = (s.Coordinates.Count / 2, s.Coordinates.Count - 1);
        return new SurfaceSummary(
            s.N, s.Coordinates.Count, s.Mean[middle][middle], s.Mean[last][middle], s.Mean[middle][last], [.. s.Images.Select(i => i.Index)]);
    }
}

/// <summary>The content of <c>analysis.json</c>.</summary>
internal sealed record AnalysisSummary
{
    /// <summary>Number of images.</summary>
    public required int N { get; init; }

    /// <summary>The split: train or test.</summary>
    public required string Split { get; init; }

    /// <summary>The attack of everything but the curves.</summary>
    public required string Attack { get; init; }

    /// <summary>The results for the model.</summary>
    public required ModelFindings Model { get; init; }

    /// <summary>The results for the second model; null for none.</summary>
    public ModelFindings? Against { get; init; }

    /// <summary>The paired comparison of both models; null for one.</summary>
    public GroupComparison? Comparison { get; init; }

    /// <summary>Remarks of opening the models, on what was chosen, matched or assumed; a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Number of images of the curves.</summary>
    public int CurveImages { get; init; }

    /// <summary>The attack of the curve over steps, without the number of steps.</summary>
    public string? StepsOf { get; init; }

    /// <summary>The loss surface; null if left out.</summary>
    public SurfaceSummary? Surface { get; init; }

    /// <summary>The images that training probed; empty if there are none.</summary>
    public IReadOnlyList<TrainingCourse> Training { get; init; } = [];

    /// <summary>Versions and the machine.</summary>
    public required JsonElement Provenance { get; init; }

    /// <summary>The file of the rows.</summary>
    public required string Rows { get; init; }

    /// <summary>Serializes to indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AnalysisJson.Default.AnalysisSummary) + "\n";

    /// <summary>Serializes to one line of JSON.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, OneLine.AnalysisSummary);

    private static readonly AnalysisJson OneLine = new(new JsonSerializerOptions(AnalysisJson.Default.Options) { WriteIndented = false });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(AnalysisSummary))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class AnalysisJson : JsonSerializerContext;
