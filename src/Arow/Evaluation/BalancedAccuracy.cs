using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>
/// Balanced accuracy: the mean of the classes' recalls, over those classes that have images (Brodersen et al. 2010, <i>The
/// balanced accuracy and its posterior distribution</i>). A model that predicts one class for all images has 1/K, however many
/// images have that class.
/// </summary>
/// <param name="Value">In [0, 1].</param>
/// <param name="Interval">Its 95 % interval: see <see cref="Confidence.MeanOfShares"/>.</param>
/// <param name="Classes">The number of classes with images, K.</param>
public sealed record BalancedAccuracy(double Value, Interval Interval, int Classes)
{
    /// <summary>From this ratio of the largest class to the smallest, accuracy hides the results of small classes.</summary>
    private const double ImbalanceThreshold = 1.5;

    /// <summary>Whether classes are so unequal in size that accuracy alone is not informative.</summary>
    /// <param name="perClass">The number of images of each class; empty classes do not count.</param>
    public static bool IsNeeded(IEnumerable<int> perClass) =>
        perClass.Where(n => n > 0).ToList() is { Count: > 1 } present && present.Max() >= ImbalanceThreshold * present.Min();

    /// <summary>Computes balanced accuracy from rows.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="right">Whether a row counts as correct.</param>
    public static BalancedAccuracy Compute(IReadOnlyList<SampleResult> rows, Func<SampleResult, bool> right) =>
        Compute([.. rows.GroupBy(r => r.Label).Select(g => (g.LongCount(right), g.LongCount()))]);

    /// <summary>Computes balanced accuracy from counts.</summary>
    /// <param name="classes">The correct and all images of each class with images.</param>
    public static BalancedAccuracy Compute(IReadOnlyList<(long Right, long All)> classes) =>
        new(classes.Average(c => (double)c.Right / c.All), Confidence.MeanOfShares(classes), classes.Count);
}
