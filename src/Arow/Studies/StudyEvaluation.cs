using System.Text.Json.Nodes;
using Arow.Attacks;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>What every run of a study is measured by: the same attacks on the same images, so that runs can be paired.</summary>
/// <param name="Name">How tables call it, and its folder in a run's.</param>
/// <param name="Options">What runs are measured with, but for the perturbations that the study's settings say.</param>
internal sealed record StudyEvaluation(string Name, EvaluationOptions Options)
{
    /// <summary>Names of the Catalog, in order; none for clean accuracy alone.</summary>
    public IReadOnlyList<string> Attacks => Options.Attacks;

    /// <summary>How many test images, drawn by the seed; null for all.</summary>
    public int? Images => Options.Limit;

    /// <summary>How hard the attacks are to try.</summary>
    public AttackBudget Budget => Options.Budget;

    /// <summary>Norm of the perturbations; null for the one that the study's settings say.</summary>
    public Norm? Norm { get; init; }

    /// <summary>Their size; null for the one that the study's settings say.</summary>
    public Ratio? Epsilon { get; init; }

    /// <summary>Which weights of a run are measured; null for those selected.</summary>
    public KeptWeights? Weights { get; init; }

    /// <summary>How many of a run's training images, drawn by its seed, are attacked too, for the generalization gap; null for none.</summary>
    public int? TrainingImages { get; init; }

    /// <summary>Only runs of the settings that validation chose, once it has chosen.</summary>
    public bool ChosenOnly { get; init; }

    /// <summary>Only runs with these seeds; null for all.</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>The threat model of a run's evaluation: a method that trains with another ε is measured with the study's all the same.</summary>
    /// <param name="common">What the study's settings say of the run's data set.</param>
    public ThreatModel Threat(TrainingOptions common) => common.Threat.With(Norm, Epsilon);

    /// <summary>Whether a run with that seed is measured.</summary>
    public bool IncludesSeed(long seed) => Seeds is null || Seeds.Contains(seed);

    /// <summary>All that decides the rows, as a file beside them says it.</summary>
    /// <param name="common">What the study's settings say of the run's data set.</param>
    public string Serialize(TrainingOptions common)
    {
        var (options, json) = (Options with { Threat = Threat(common) }, new JsonObject());
        foreach (var setting in EvaluationSettings.InStudies)
        {
            if (setting.Get(options) is { } text) json[setting.Name] = setting.Kind == SettingKind.List
                ? new JsonArray([.. text.Split(',').Select(part => JsonValue.Create(part))]) : setting.ToJson(text);
            else if (setting.Name == "images") json[setting.Name] = null;
        }
        if (Attacks.Count == 0) json["attacks"] = new JsonArray();
        if (Weights is { } weights) json["weights"] = EnumName.ToName(weights);
        if (TrainingImages is { } training) json["training-images"] = training;
        return json.ToJsonString() + "\n";
    }
}
