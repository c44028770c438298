namespace Arow.Statistics;

/// <summary>An estimate and its 95 % interval over other images of the same distribution.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Interval">Lower and upper bound.</param>
internal sealed record Estimate(double Value, double[] Interval)
{
    /// <summary>Estimates a proportion, with Wilson's interval.</summary>
    /// <param name="count">From 0 to <paramref name="n"/>.</param>
    /// <param name="n">At least 1.</param>
    public static Estimate Share(int count, int n) =>
        Confidence.Wilson(count, n) is var (low, high) ? new((double)count / n, [low, high]) : throw new InvalidOperationException();

    /// <summary>Estimates a mean, with the normal interval: see <see cref="Confidence.Mean"/>.</summary>
    /// <param name="values">At least one.</param>
    public static Estimate Mean(IReadOnlyCollection<double> values) =>
        Confidence.Mean(values) is var (low, high) ? new(values.Average(), [low, high]) : throw new InvalidOperationException();
}
