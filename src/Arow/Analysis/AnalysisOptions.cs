using Arow.Data;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>What decides an analysis, but for the weights. The names on the command line are in <see cref="AnalysisSettings"/>.</summary>
public sealed record AnalysisOptions : MeasurementOptions
{
    /// <summary>The steps that accuracy is measured at by default.</summary>
    public static readonly IReadOnlyList<int> DefaultSteps = [0, 1, 2, 5, 10, 20, 50];

    /// <summary>A name of the Catalog.</summary>
    public string Attack { get; init; } = "pgd20";

    /// <summary>A second model that it is held against; null for none.</summary>
    public string? Against { get; init; }

    /// <summary>Its architecture; null to take the file's word.</summary>
    public string? AgainstArchitecture { get; init; }

    /// <summary>Which half of the data set the images are of.</summary>
    public Split Split { get; init; } = Split.Test;

    /// <summary>Images of the curves and the loss surface, drawn by the seed; 0 to do without.</summary>
    public int Landscape { get; init; } = 500;

    /// <summary>The sizes of perturbations to measure accuracy at; null for parts and multiples of the threat model's.</summary>
    public IReadOnlyList<Ratio>? Epsilons { get; init; }

    /// <summary>The numbers of steps to measure accuracy at; null for <see cref="DefaultSteps"/>.</summary>
    public IReadOnlyList<int>? Steps { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(string dashes = "")
    {
        foreach (var problem in base.Problems(dashes)) yield return problem;
        if (Catalog.Unfit(Attack, Threat.Norm) is { } unfit) yield return unfit;
        if (Against is null && AgainstArchitecture is not null) yield return $"{dashes}against-model needs {dashes}against";
        if (Landscape == 0 && (Epsilons is not null || Steps is not null))
            yield return $"{dashes}landscape 0 leaves out the curves that {dashes}epsilons and {dashes}steps are for";
    }
}
