using Arow.Training;

namespace Arow.Reports;

/// <summary>Table of the accuracies of a run's weights on test and training images.</summary>
internal static class WeightsTable
{
    /// <summary>Creates a row per kind of weights; null if a single row would repeat the evaluation.</summary>
    /// <param name="measured">Results, the selected weights first.</param>
    public static Table? Create(IReadOnlyList<MeasuredWeights> measured)
    {
        if (measured.Count == 0 || measured is [{ Gap: null }]) return null;
        var attacked = measured[0].Test.Attacks.Count > 0;
        return new(
            ["weights", "epoch", "clean", .. attacked ? (string[])["robust", "robust, training images", "gap"] : []],
            [
                .. measured.Select(m => (IReadOnlyList<string>)
                [
                    m.Name, m.Epoch is { } epoch ? $"{epoch}" : "", ReportFormat.Percent(m.Test.CleanAccuracy),
                    .. attacked ? (string[])[ReportFormat.Percent(m.Test.RobustAccuracy),
                        m.Training is { } t ? ReportFormat.Percent(t.RobustAccuracy) : "", m.Gap is { } gap ? StudyText.FormatPoints(gap) : ""] : [],
                ]),
            ]);
    }
}
