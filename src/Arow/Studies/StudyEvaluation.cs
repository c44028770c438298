using System.Text.Json.Nodes;
using Arow.Attacks;
using Arow.Training;

namespace Arow.Studies;

/// <summary>What every run of a study is measured by: the same attacks on the same images, so that runs can be paired.</summary>
/// <param name="Name">How tables call it, and its folder in a run's.</param>
/// <param name="Attacks">Names of the Catalog, in order; none for clean accuracy alone.</param>
public sealed record StudyEvaluation(string Name, IReadOnlyList<string> Attacks)
{
    /// <summary>How many test images, drawn by <see cref="Seed"/>; null for all.</summary>
    public int? Images { get; init; }

    /// <summary>Of the drawing and of the attacks: the same for all runs, whatever their own.</summary>
    public long Seed { get; init; }

    /// <summary>Images at a time.</summary>
    public int BatchSize { get; init; } = 250;

    /// <summary>How hard the attacks are to try.</summary>
    public AttackBudget Budget { get; init; } = AttackBudget.Own;

    /// <summary>Norm of the perturbations; null for the one that the study's settings say.</summary>
    public Norm? Norm { get; init; }

    /// <summary>Their size; null for the one that the study's settings say.</summary>
    public Ratio? Epsilon { get; init; }

    /// <summary>Which weights of a run are measured; null for those selected.</summary>
    public KeptWeights? Weights { get; init; }

    /// <summary>How many of a run's training images, drawn by its seed, are attacked too, for the generalization gap; null for none.</summary>
    public int? TrainingImages { get; init; }

    /// <summary>Only runs of the settings that validation chose, once it has chosen.</summary>
    public bool OfChosen { get; init; }

    /// <summary>Only runs with these seeds; null for all.</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>The threat model of a run's evaluation: a method that trains with another ε is measured with the study's all the same.</summary>
    /// <param name="common">What the study's settings say of the run's data set.</param>
    public ThreatModel Threat(TrainingOptions common) => common.Threat.With(Norm, Epsilon);

    /// <summary>Whether a run with that seed is measured.</summary>
    public bool Takes(long seed) => Seeds is null || Seeds.Contains(seed);

    /// <summary>All that decides the rows, as a file beside them says it.</summary>
    /// <param name="common">What the study's settings say of the run's data set.</param>
    public string Asked(TrainingOptions common)
    {
        var threat = Threat(common);
        var asked = new JsonObject
        {
            ["attacks"] = new JsonArray([.. Attacks.Select(a => JsonValue.Create(a))]),
            ["norm"] = NamedValue.Of(threat.Norm),
            ["epsilon"] = threat.Size.Text,
            ["images"] = Images,
            ["seed"] = Seed,
            ["batch-size"] = BatchSize,
        };
        foreach (var (name, value) in Budget.Given) asked[name] = value;
        if (Weights is { } weights) asked["weights"] = NamedValue.Of(weights);
        if (TrainingImages is { } training) asked["training-images"] = training;
        return asked.ToJsonString() + "\n";
    }
}
