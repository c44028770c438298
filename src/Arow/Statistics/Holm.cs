namespace Arow.Statistics;

/// <summary>Several tests at once: with these p-values the chance of any false alarm is at most the level (Holm 1979).</summary>
internal static class Holm
{
    /// <summary>
    /// Returns the adjusted p-values, in the given order: of the k-th smallest of m (k from 1), (m − k + 1) p, at least that of
    /// the one before it and at most 1.
    /// </summary>
    public static IReadOnlyList<double> Adjust(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var before = 0.0;
        foreach (var (k, i) in p.Index().OrderBy(e => e.Item).Select(e => e.Index).Index())
            adjusted[i] = before = Math.Max(before, Math.Min(1, (p.Count - k) * p[i]));
        return adjusted;
    }
}
