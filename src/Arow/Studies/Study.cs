using System.Globalization;
using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// An experiment: the runs of a grid (methods with their settings, seeds, data sets) and their
/// evaluations. Read from a file by <see cref="StudyFile"/>.
/// </summary>
/// <param name="Title">The title of the report.</param>
/// <param name="Runs">The runs in the order of the work: all of the first seed, then all of the second.</param>
/// <param name="Evaluations">At least one; curves and tests use the first one of all settings.</param>
/// <param name="Reference">The method that the others are compared with.</param>
/// <param name="Common">For each data set, the options that all its runs share, without the method and the seed.</param>
internal sealed record Study(
    string Title, IReadOnlyList<StudyRun> Runs, IReadOnlyList<StudyEvaluation> Evaluations, string Reference,
    IReadOnlyDictionary<string, TrainingOptions> Common)
{
    /// <summary>The primary endpoint, stated before the study starts; null for none.</summary>
    public Endpoint? Primary { get; init; }

    /// <summary>The secondary endpoints, stated before the study starts.</summary>
    public IReadOnlyList<Endpoint> Secondary { get; init; } = [];

    /// <summary>Methods whose difference lies within ±margin are equivalent; a share in (0, 1).</summary>
    public double Margin { get; init; } = Endpoint.DefaultMargin;

    /// <summary>Remarks on its endpoints before any work, one a line.</summary>
    public IReadOnlyList<string> Remarks => [.. Primary is null ? [] : TooFewSeeds("primary", [Primary]), .. TooFewSeeds("secondary", Secondary)];

    /// <summary>The evaluation that curves and tests use.</summary>
    public StudyEvaluation Headline => Evaluations.First(e => !e.ChosenOnly);

    /// <summary>The data sets, in order.</summary>
    public IReadOnlyList<string> Datasets => [.. Runs.Select(r => r.Cell.Dataset).Distinct()];

    /// <summary>The methods, in the order of the file.</summary>
    public IReadOnlyList<string> Methods => [.. Runs.Select(r => r.Cell.Method).Distinct()];

    /// <summary>The seeds, in order.</summary>
    public IReadOnlyList<long> Seeds => [.. Runs.Select(r => r.Seed).Distinct()];

    /// <summary>The settings of a method on a data set, in the order of the file.</summary>
    public IReadOnlyList<StudyCell> Cells(string dataset, string method) =>
        [.. Runs.Select(r => r.Cell).Where(c => c.Dataset == dataset && c.Method == method).Distinct()];

    private IEnumerable<string> TooFewSeeds(string which, IReadOnlyList<Endpoint> family)
    {
        var comparisons = family.Sum(e => e.Against.Count);
        double Smallest(int seeds) => Math.Min(1, comparisons * SeedComparison.SmallestPValue(seeds));
        foreach (var seeds in family.Select(e => e.Seeds(this).Count).Distinct().Where(n => Smallest(n) >= PairedComparison.Level))
        {
            var enough = Enumerable.Range(seeds, count: 64).First(n => Smallest(n) < PairedComparison.Level);
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{which} endpoint: {seeds} seeds cannot show a difference, only equivalence: with {comparisons} "
                    + $"comparison{(comparisons == 1 ? "" : "s")} the adjusted p-value is {Smallest(seeds):G2} or more; {enough} seeds can");
        }
    }

    /// <summary>The repetitions of a setting.</summary>
    public IReadOnlyList<StudyRun> RunsOf(StudyCell cell) => [.. Runs.Where(r => r.Cell == cell)];
}
