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
    /// <summary>Counts.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="right">What counts as right.</param>
    public static BalancedAccuracy Of(IReadOnlyList<SampleResult> rows, Func<SampleResult, bool> right)
    {
        (long Right, long All)[] classes = [.. rows.GroupBy(r => r.Label).Select(g => (g.LongCount(right), g.LongCount()))];
        return new BalancedAccuracy(classes.Average(c => (double)c.Right / c.All), Confidence.MeanOfShares(classes), classes.Length);
    }
}
