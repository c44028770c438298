namespace Arow.Statistics;

/// <summary>Mean and deviation of a number over seeds.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their sample standard deviation; null for one seed.</param>
/// <param name="Seeds">The number of seeds.</param>
internal sealed record SeedSpread(double Mean, double? Deviation, int Seeds)
{
    /// <summary>One standard deviation to either side; null for one seed.</summary>
    public Interval? ToBar() => Deviation is { } d ? new Interval(Mean - d, Mean + d) : null;

    /// <summary>The same of a share, within [0, 1]; the mean alone for one seed.</summary>
    public Interval ToShareBar() => new(Math.Max(0, Mean - (Deviation ?? 0)), Math.Min(1, Mean + (Deviation ?? 0)));

    /// <summary>Computes mean and deviation; null for no values.</summary>
    public static SeedSpread? Compute(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) return null;
        var (mean, deviation) = Confidence.MeanAndDeviation(values);
        return new SeedSpread(mean, values.Count == 1 ? null : deviation, values.Count);
    }
}
