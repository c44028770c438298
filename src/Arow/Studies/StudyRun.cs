using Arow.Training;

namespace Arow.Studies;

/// <summary>A cell of a study, repeated over seeds: a method in one setting, on one data set.</summary>
/// <param name="Dataset">The study's name of the data set.</param>
/// <param name="Method">The study's name of the method.</param>
/// <param name="Setting">The values that the grid varies: "lambda 6, smoothing 0.2"; empty if it varies none.</param>
internal sealed record StudyCell(string Dataset, string Method, string Setting)
{
    /// <summary>The method and its setting, for people.</summary>
    public string Title => Setting.Length == 0 ? Method : $"{Method}, {Setting}";
}

/// <summary>One run of a study.</summary>
/// <param name="Name">The unique name of its folder.</param>
/// <param name="Cell">The cell that it repeats.</param>
/// <param name="Axes">The values that the grid varies, in the order of the file, as run files write them.</param>
/// <param name="Options">All options, including the seed.</param>
internal sealed record StudyRun(
    string Name, StudyCell Cell, IReadOnlyList<(string Name, string Value)> Axes, TrainingOptions Options)
{
    /// <summary>Its seed.</summary>
    public long Seed => Options.Seed;

    /// <summary>The effective λ: the run's, or the objective's own; null if the objective has none.</summary>
    public double? Lambda => Options.Method.Lambda is null ? null : Options.Lambda ?? Options.Method.Lambda;
}
