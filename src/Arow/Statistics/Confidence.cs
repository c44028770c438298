namespace Arow.Statistics;

/// <summary>An interval that covers the true value in 95 of 100 repetitions.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>Confidence intervals.</summary>
internal static class Confidence
{
    /// <summary>The 97.5 % quantile of the standard normal distribution.</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>
    /// Wilson's 95 % interval (Wilson 1927) of a proportion: the p that a test at that level would not reject,
    /// (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n). Unlike p̂ ± z√(p̂(1 − p̂)/n) it stays in [0, 1] and keeps
    /// its level near the ends.
    /// </summary>
    /// <param name="successes">From 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">At least 1.</param>
    public static Interval Wilson(long successes, long trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trials);
        double n = trials, p = successes / n;
        var centre = p + Z * Z / (2 * n);
        var half = Z * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        var scale = 1 + Z * Z / n;
        // At the ends, the formula is exactly 0 or 1 up to rounding.
        return new Interval(
            successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale);
    }

    /// <summary>
    /// The 95 % interval of the mean of independent proportions, from their Wilson intervals [l, u] (Zou, Huang and Zhang
    /// 2009, <i>A note on confidence interval estimation for a linear function of binomial proportions</i>):
    /// p̄ − √Σ(p̂ − l)²/K to p̄ + √Σ(u − p̂)²/K. With one proportion it is Wilson's; unlike the normal interval it keeps its
    /// level where proportions are near 0 or 1 or are of few trials.
    /// </summary>
    /// <param name="shares">At least one, each with at least one trial.</param>
    public static Interval MeanOfShares(IReadOnlyCollection<(long Successes, long Trials)> shares)
    {
        ArgumentOutOfRangeException.ThrowIfZero(shares.Count);
        double mean = 0, below = 0, above = 0;
        foreach (var (successes, trials) in shares)
        {
            var (p, (low, high)) = ((double)successes / trials, Wilson(successes, trials));
            mean += p / shares.Count;
            below += (p - low) * (p - low);
            above += (high - p) * (high - p);
        }
        return new Interval(Math.Max(0, mean - Math.Sqrt(below) / shares.Count), Math.Min(1, mean + Math.Sqrt(above) / shares.Count));
    }

    /// <summary>
    /// The normal 95 % interval of a mean, mean ± z s/√n with the sample deviation s (central limit theorem): for means of
    /// values that are not shares, over a hundred or more. For equal values its width is zero.
    /// </summary>
    /// <param name="values">At least one.</param>
    public static Interval Mean(IReadOnlyCollection<double> values)
    {
        var (mean, deviation) = MeanAndDeviation(values);
        var half = Z * deviation / Math.Sqrt(values.Count);
        return new Interval(mean - half, mean + half);
    }

    /// <summary>Mean and sample standard deviation, over seeds for example.</summary>
    /// <param name="values">At least one; the deviation of one is 0.</param>
    public static (double Mean, double Deviation) MeanAndDeviation(IReadOnlyCollection<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Count);
        var mean = values.Average();
        var squares = values.Sum(v => (v - mean) * (v - mean));
        return (mean, Math.Sqrt(squares / Math.Max(1, values.Count - 1)));
    }
}
