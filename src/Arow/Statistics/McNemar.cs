namespace Arow.Statistics;

/// <summary>
/// McNemar's exact test (McNemar 1947) of two classifiers on the same images: if neither is better, an image that only
/// one of them classifies correctly is equally likely to be either's. Images on which they agree do not count.
/// </summary>
internal static class McNemar
{
    /// <summary>The two-sided p-value: min(1, 2 · P(X ≤ min(b, c))) for X ~ Binomial(b + c, ½).</summary>
    /// <param name="onlyFirst">b, the images that only the first classifies correctly.</param>
    /// <param name="onlySecond">c, the images that only the second classifies correctly.</param>
    public static double PValue(long onlyFirst, long onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        var n = onlyFirst + onlySecond;
        // In logarithms: 2^-n is zero in float64 from n = 1075 on.
        var logTerm = -n * Math.Log(2);
        var tail = Math.Exp(logTerm);
        for (var k = 1L; k <= Math.Min(onlyFirst, onlySecond); k++)
        {
            logTerm += Math.Log((n - k + 1) / (double)k);
            tail += Math.Exp(logTerm);
        }
        return Math.Min(1, 2 * tail);
    }

    /// <summary>
    /// The 95 % interval of the difference of two paired shares, first minus second (Bonett and Price 2012): with
    /// p = (b + 1)/(n + 2) and q = (c + 1)/(n + 2), p − q ± z √((p + q − (p − q)²)/(n + 2)).
    /// </summary>
    /// <param name="onlyFirst">b, the images that only the first classifies correctly.</param>
    /// <param name="onlySecond">c, the images that only the second classifies correctly.</param>
    /// <param name="images">n, all images.</param>
    public static Interval Difference(long onlyFirst, long onlySecond, long images)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, onlyFirst + onlySecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        double m = images + 2, p = (onlyFirst + 1) / m, q = (onlySecond + 1) / m;
        var half = Confidence.Z * Math.Sqrt((p + q - (p - q) * (p - q)) / m);
        return new Interval(Math.Max(-1, p - q - half), Math.Min(1, p - q + half));
    }
}
