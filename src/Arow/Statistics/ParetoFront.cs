namespace Arow.Statistics;

/// <summary>The Pareto front of points.</summary>
internal static class ParetoFront
{
    /// <summary>
    /// Returns the indices of points that no other point equals or exceeds in both coordinates and exceeds in one, by ascending
    /// first coordinate.
    /// </summary>
    /// <param name="points">More is better in both.</param>
    public static IReadOnlyList<int> Compute(IReadOnlyList<(double Clean, double Robust)> points) =>
    [
        .. points.Index()
            .Where(p => !points.Any(q => q.Clean >= p.Item.Clean && q.Robust >= p.Item.Robust && q != p.Item))
            .OrderBy(p => p.Item.Clean).Select(p => p.Index),
    ];
}
