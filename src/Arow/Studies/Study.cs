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
public sealed record Study(
    string Title, IReadOnlyList<StudyRun> Runs, IReadOnlyList<StudyEvaluation> Evaluations, string Reference,
    IReadOnlyDictionary<string, TrainingOptions> Common)
{
    /// <summary>The evaluation that curves and tests are drawn from.</summary>
    public StudyEvaluation Headline => Evaluations.First(e => !e.OfChosen);

    /// <summary>The data sets, in order.</summary>
    public IReadOnlyList<string> Datasets => [.. Runs.Select(r => r.Cell.Dataset).Distinct()];

    /// <summary>The methods, in the order of the file.</summary>
    public IReadOnlyList<string> Methods => [.. Runs.Select(r => r.Cell.Method).Distinct()];

    /// <summary>The seeds, in order.</summary>
    public IReadOnlyList<long> Seeds => [.. Runs.Select(r => r.Seed).Distinct()];

    /// <summary>The settings of a method on a data set, in the order of the file.</summary>
    public IReadOnlyList<StudyCell> Cells(string dataset, string method) =>
        [.. Runs.Select(r => r.Cell).Where(c => c.Dataset == dataset && c.Method == method).Distinct()];

    /// <summary>The repetitions of a setting.</summary>
    public IReadOnlyList<StudyRun> Of(StudyCell cell) => [.. Runs.Where(r => r.Cell == cell)];
}
