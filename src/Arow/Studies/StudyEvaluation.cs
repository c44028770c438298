using System.Text.Json.Nodes;
using Arow.Attacks;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>An evaluation of every run of a study: the same attacks on the same images, so that runs can be paired.</summary>
/// <param name="Name">Its name in tables, and of its folder in a run's folder.</param>
/// <param name="Options">The options, without the threat model of the study's settings.</param>
internal sealed record StudyEvaluation(string Name, EvaluationOptions Options)
{
    /// <summary>The attacks: names of the Catalog, in order; none for clean accuracy alone.</summary>
    public IReadOnlyList<string> Attacks => Options.Attacks;

    /// <summary>The number of test images, drawn by the seed; null for all.</summary>
    public int? Images => Options.Limit;

    /// <summary>The budget of the attacks.</summary>
    public AttackBudget Budget => Options.Budget;

    /// <summary>Norm of the perturbations; null for that of the study's settings.</summary>
    public Norm? Norm { get; init; }

    /// <summary>Size of the perturbations; null for that of the study's settings.</summary>
    public Ratio? Epsilon { get; init; }

    /// <summary>The evaluated weights of a run; null for the selected ones.</summary>
    public KeptWeights? Weights { get; init; }

    /// <summary>The number of training images, drawn by the seed, that are also attacked, for the generalization gap; null for none.</summary>
    public int? TrainingImages { get; init; }

    /// <summary>Whether only runs of the settings that validation selected are evaluated.</summary>
    public bool ChosenOnly { get; init; }

    /// <summary>The seeds of the evaluated runs; null for all.</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>Returns the threat model of a run's evaluation: that of the study, even for a method that trains with another ε.</summary>
    /// <param name="common">The study's settings of the run's data set.</param>
    public ThreatModel Threat(TrainingOptions common) => common.Threat.With(Norm, Epsilon);

    /// <summary>Whether a run with that seed is evaluated.</summary>
    public bool IncludesSeed(long seed) => Seeds is null || Seeds.Contains(seed);

    /// <summary>Formats all that affects the rows, for a file beside them.</summary>
    /// <param name="common">The study's settings of the run's data set.</param>
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
