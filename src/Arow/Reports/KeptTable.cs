using Arow.Training;

namespace Arow.Reports;

/// <summary>What a run's weights come to on test and on training images, side by side.</summary>
public static class KeptTable
{
    /// <summary>A row for each kind of weights; null where one row would repeat what the evaluation says.</summary>
    /// <param name="measured">The selected weights first.</param>
    public static Table? Of(IReadOnlyList<MeasuredWeights> measured)
    {
        if (measured.Count == 0 || measured is [{ Gap: null }]) return null;
        var attacked = measured[0].Test.Attacks.Count > 0;
        return new(
            ["weights", "epoch", "clean", .. attacked ? (string[])["robust", "robust, training images", "gap"] : []],
            [
                .. measured.Select(m => (IReadOnlyList<string>)
                [
                    m.Name, m.Epoch is { } epoch ? $"{epoch}" : "", Wording.Percent(m.Test.CleanAccuracy),
                    .. attacked ? (string[])[Wording.Percent(m.Test.RobustAccuracy), m.Training is { } t ? Wording.Percent(t.RobustAccuracy) : "", m.Gap is { } gap ? StudyWords.Points(gap) : ""] : [],
                ]),
            ]);
    }
}
