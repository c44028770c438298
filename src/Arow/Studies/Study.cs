using System.Globalization;
using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// An experiment: the runs of a grid (methods, the values that they are tried with, seeds, data sets) and what all of them
/// are measured by. Read from a file by <see cref="StudyFile"/>.
/// </summary>
/// <param name="Title">Of the report.</param>
/// <param name="Runs">In the order of the work: a whole first seed, then a whole second.</param>
/// <param name="Evaluations">At least one; the first that is of all settings is the one that curves and tests are drawn from.</param>
/// <param name="Reference">The method that the others are tested against.</param>
/// <param name="Common">For each data set, what all its runs share but for the method and the seed.</param>
internal sealed record Study(
    string Title, IReadOnlyList<StudyRun> Runs, IReadOnlyList<StudyEvaluation> Evaluations, string Reference,
    IReadOnlyDictionary<string, TrainingOptions> Common)
{
    /// <summary>The comparison that the study is made for, stated before it begins; null if none is stated.</summary>
    public Endpoint? Primary { get; init; }

    /// <summary>Other comparisons that are stated before it begins.</summary>
    public IReadOnlyList<Endpoint> Secondary { get; init; } = [];

    /// <summary>Methods whose difference lies within ±margin are level; a share in (0, 1).</summary>
    public double Margin { get; init; } = Endpoint.DefaultMargin;

    /// <summary>What is to be known of its endpoints before any work, a line each.</summary>
    public IReadOnlyList<string> Remarks => [.. Primary is null ? [] : TooFewSeeds("primary", [Primary]), .. TooFewSeeds("secondary", Secondary)];

    /// <summary>The evaluation that curves and tests are drawn from.</summary>
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
                $"{which} endpoint: {seeds} seeds cannot show a difference, only that arms are level: with {comparisons} "
                    + $"comparison{(comparisons == 1 ? "" : "s")} the adjusted p-value is {Smallest(seeds):G2} or more; {enough} seeds can");
        }
    }

    /// <summary>The repetitions of a setting.</summary>
    public IReadOnlyList<StudyRun> RunsOf(StudyCell cell) => [.. Runs.Where(r => r.Cell == cell)];
}
