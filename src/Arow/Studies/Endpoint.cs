using System.Text.Json.Nodes;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// A comparison that a study states before it starts: one arm against others, by one accuracy. An endpoint stated beforehand
/// cannot be selected among many results afterwards.
/// </summary>
/// <param name="Arm">A method, in the setting that validation selects, or one of its settings by its title.</param>
/// <param name="Against">The arms that it is compared with; at least one.</param>
/// <param name="Metric">The accuracy to compare.</param>
/// <param name="Evaluation">The evaluation; with an attack if the metric is robust.</param>
/// <param name="Dataset">The data set.</param>
/// <param name="Margin">Arms whose difference lies within ±margin are equivalent; a share in (0, 1).</param>
internal sealed record Endpoint(
    string Arm, IReadOnlyList<string> Against, Accuracy Metric, StudyEvaluation Evaluation, string Dataset, double Margin)
{
    /// <summary>The default margin: half a point.</summary>
    public const double DefaultMargin = 0.005;

    /// <summary>The claim in the study's own words; null if it has none.</summary>
    public string? Title { get; init; }

    /// <summary>The evaluated weights of a run: last, best or average; null for the selected ones.</summary>
    public string? Weights { get; init; }

    /// <summary>The endpoint in the study file, a JSON object on one line.</summary>
    public string Verbatim { get; init; } = "";

    /// <summary>Returns everything that affects its verdict, including the rest of the study file.</summary>
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

    /// <summary>The seeds of the comparison.</summary>
    /// <param name="study">The study that states it.</param>
    public IReadOnlyList<long> Seeds(Study study) => [.. study.Seeds.Where(Evaluation.IncludesSeed)];

    /// <summary>Returns which weights a run selects: last, best or average.</summary>
    /// <param name="options">The options of the run.</param>
    internal static string DescribeSelection(TrainingOptions options) =>
        options.SwaStart is not null || options.EmaDecay is not null ? "average" : options.SelectOn == SelectOn.Last ? "last" : "best";
}
