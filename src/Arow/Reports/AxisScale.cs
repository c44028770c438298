namespace Arow.Reports;

/// <summary>A linear map from numbers to pixels with ticks at round numbers.</summary>
/// <param name="Low">Number at <paramref name="From"/>.</param>
/// <param name="High">Number at <paramref name="To"/>, above <paramref name="Low"/>.</param>
/// <param name="From">Start in pixels.</param>
/// <param name="To">End in pixels.</param>
internal sealed record AxisScale(double Low, double High, double From, double To)
{
    /// <summary>Creates a scale for shares from 0 to 1.</summary>
    public static AxisScale ForShares(double from, double to) => new(0, 1, from, to);

    /// <summary>Creates a scale between round numbers around the values; not empty even if all values are equal.</summary>
    public static AxisScale ForValues(IReadOnlyCollection<double> values, double from, double to)
    {
        var (low, high) = values.Count == 0 ? (0, 1) : (values.Min(), values.Max());
        if (high - low < 1e-9 * Math.Max(1, Math.Abs(high))) (low, high) = (low - 0.5, high + 0.5);
        var step = TickStep(high - low);
        return new AxisScale(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, from, to);
    }

    /// <summary>Maps a number to pixels.</summary>
    public double ToPixels(double value) => From + (value - Low) / (High - Low) * (To - From);

    /// <summary>Returns about five round numbers.</summary>
    public IEnumerable<double> Ticks()
    {
        // Adding zero turns the negative zero that Ceiling may return into zero.
        var step = TickStep(High - Low);
        for (var i = Math.Ceiling(Low / step - 1e-6) + 0.0; i * step <= High + 1e-6 * step; i++) yield return i * step;
    }

    /// <summary>Returns 1, 2 or 5 times a power of ten, about a fifth of the span.</summary>
    private static double TickStep(double span)
    {
        var rough = span / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
    }
}
