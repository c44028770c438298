using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>
/// Balanced accuracy: the mean of the classes' recalls, over those classes that have images (Brodersen et al. 2010, <i>The
/// balanced accuracy and its posterior distribution</i>). A model that gives every image one class gets 1/K, however many
/// images are of that class.
/// </summary>
/// <param name="Value">In [0, 1].</param>
/// <param name="Interval">Its 95 % interval: see <see cref="Confidence.MeanOfShares"/>.</param>
/// <param name="Classes">How many classes have images, K.</param>
public sealed record BalancedAccuracy(double Value, Interval Interval, int Classes)
{
    /// <summary>From this ratio of the commonest class to the rarest on accuracy hides what becomes of the rare ones.</summary>
    private const double ImbalanceThreshold = 1.5;

    /// <summary>Whether some classes have so many more images than others that accuracy alone says too little.</summary>
    /// <param name="perClass">Images of each class; those without any do not count.</param>
    public static bool IsNeeded(IEnumerable<int> perClass) =>
        perClass.Where(n => n > 0).ToList() is { Count: > 1 } present && present.Max() >= ImbalanceThreshold * present.Min();

    /// <summary>Counts.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="right">What counts as right.</param>
    public static BalancedAccuracy Compute(IReadOnlyList<SampleResult> rows, Func<SampleResult, bool> right) =>
        Compute([.. rows.GroupBy(r => r.Label).Select(g => (g.LongCount(right), g.LongCount()))]);

    /// <summary>From the classes' counts.</summary>
    /// <param name="classes">Of each class that has images how many are right, and how many there are.</param>
    public static BalancedAccuracy Compute(IReadOnlyList<(long Right, long All)> classes) =>
        new(classes.Average(c => (double)c.Right / c.All), Confidence.MeanOfShares(classes), classes.Count);
}
