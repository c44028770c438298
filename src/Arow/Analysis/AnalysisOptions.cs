using Arow.Data;
using Arow.Evaluation;
using Arow.Registry;

namespace Arow.Analysis;

/// <summary>The options of an analysis, without the weights. Their names on the command line are in <see cref="AnalysisSettings"/>.</summary>
internal sealed record AnalysisOptions : MeasurementOptions
{
    /// <summary>The default numbers of steps of the accuracy curve.</summary>
    public static readonly IReadOnlyList<int> DefaultSteps = [0, 1, 2, 5, 10, 20, 50];

    /// <summary>The default points of the accuracy curve, as multiples of the threat model's ε.</summary>
    private static readonly double[] EpsilonFactors = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];

    /// <summary>The name of an attack of the catalog.</summary>
    public string Attack { get; init; } = "pgd20";

    /// <summary>A second model to compare with, a run folder or a file; null for none.</summary>
    public string? Against { get; init; }

    /// <summary>The architecture of the second model; null to read it from the file.</summary>
    public string? AgainstArchitecture { get; init; }

    /// <summary>The split of the data set.</summary>
    public Split Split { get; init; } = Split.Test;

    /// <summary>Number of images of the curves and the loss surface, drawn by the seed; 0 to leave them out.</summary>
    public int Landscape { get; init; } = 500;

    /// <summary>The values of ε of the accuracy curve; null for fractions and multiples of the threat model's.</summary>
    public IReadOnlyList<Ratio>? Epsilons { get; init; }

    /// <summary>The numbers of steps of the accuracy curve; null for <see cref="DefaultSteps"/>.</summary>
    public IReadOnlyList<int>? Steps { get; init; }

    /// <summary>The points of the accuracy curve.</summary>
    internal IReadOnlyList<Ratio> CurveEpsilons => Epsilons
        ?? [.. EpsilonFactors.Select(factor => Threat.Size.Times(factor)).Where(size => (Threat with { Size = size }).Validate() is null)];

    public override IEnumerable<string> Validate(string prefix = "")
    {
        foreach (var problem in base.Validate(prefix)) yield return problem;
        if (Catalog.ValidateNorm(Attack, Threat.Norm) is { } error) yield return error;
        if (Against is null && AgainstArchitecture is not null) yield return $"{prefix}against-model requires {prefix}against";
        if (Landscape == 0 && (Epsilons is not null || Steps is not null))
            yield return $"{prefix}landscape 0 leaves out the curves of {prefix}epsilons and {prefix}steps";
    }
}
