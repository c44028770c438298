using System.Text.Json.Nodes;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// A comparison that a study states before it begins: one arm against others, by one accuracy. What is stated beforehand
/// cannot be picked among many results afterwards.
/// </summary>
/// <param name="Arm">A method, in the setting that validation chooses, or one of its settings by its title.</param>
/// <param name="Against">The arms that it is compared with; at least one.</param>
/// <param name="Metric">By which accuracy.</param>
/// <param name="Evaluation">Measured by it; one with an attack where the metric is robust.</param>
/// <param name="Dataset">On which of the study's data sets.</param>
/// <param name="Margin">Arms whose difference lies within ±margin are level; a share in (0, 1).</param>
internal sealed record Endpoint(
    string Arm, IReadOnlyList<string> Against, Accuracy Metric, StudyEvaluation Evaluation, string Dataset, double Margin)
{
    /// <summary>The margin of studies that state none: half a point.</summary>
    public const double DefaultMargin = 0.005;

    /// <summary>The claim in the study's own words; null if it has none.</summary>
    public string? Title { get; init; }

    /// <summary>Which weights of a run are measured: last, best or average; null for those that it selects.</summary>
    public string? Weights { get; init; }

    /// <summary>The endpoint as the study file has it, a JSON object on one line.</summary>
    public string Verbatim { get; init; } = "";

    /// <summary>Everything that decides its verdict, with what it leaves to the rest of the study file.</summary>
    /// <param name="study">The study that states it.</param>
    public JsonObject Statement(Study study)
    {
        var statement = new JsonObject
        {
            ["title"] = Title,
            ["arm"] = Arm,
            ["against"] = new JsonArray([.. Against.Select(a => JsonValue.Create(a))]),
            ["metric"] = EnumName.ToName(Metric),
            ["dataset"] = Dataset,
            ["weights"] = Weights,
            ["margin"] = Math.Round(100 * Margin, 10),
            ["seeds"] = new JsonArray([.. Seeds(study).Select(s => JsonValue.Create(s))]),
            ["evaluation"] = Evaluation.Name,
        };
        foreach (var (name, value) in JsonNode.Parse(Evaluation.Serialize(study.Common[Dataset]))!.AsObject()) statement[$"evaluation {name}"] =
            value?.DeepClone();
        return statement;
    }

    /// <summary>The seeds that it is to be decided by.</summary>
    /// <param name="study">The study that states it.</param>
    public IReadOnlyList<long> Seeds(Study study) => [.. study.Seeds.Where(Evaluation.IncludesSeed)];

    /// <summary>Which of last, best and average the weights that a run selects are.</summary>
    /// <param name="options">Of the run.</param>
    internal static string DescribeSelection(TrainingOptions options) =>
        options.SwaStart is not null || options.EmaDecay is not null ? "average" : options.SelectOn == SelectOn.Last ? "last" : "best";
}
