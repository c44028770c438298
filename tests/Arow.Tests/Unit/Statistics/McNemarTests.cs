namespace Arow.Tests.Unit.Statistics;

public sealed class McNemarTests
{
    /// <summary>Ratios of whole numbers, worked out exactly; 16 and 5 are of Rosner, <i>Fundamentals of Biostatistics</i>.</summary>
    [Theory]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(5, 12, 0.143463134765625)]
    [InlineData(16, 5, 0.02660369873046875)]
    [InlineData(150, 86, 3.715936139571442e-05)]
    [InlineData(1200, 1000, 2.1817026407914712e-05)]
    [InlineData(2, 40, 4.1109160520136356e-10)]
    [InlineData(0, 5, 0.0625)]
    [InlineData(3, 3, 1)]
    [InlineData(0, 0, 1)]
    public void Known_values(int b, int c, double p)
    {
        Assert.Equal(p, McNemar.PValue(b, c), 1e-11 * p);
        Assert.Equal(McNemar.PValue(b, c), McNemar.PValue(c, b));
    }

    [Fact]
    public void Where_float64_has_no_two_to_the_minus_n()
    {
        // Half of 10,000 is as even as it gets; all of them is beyond any number.
        Assert.Equal(1, McNemar.PValue(5000, 5000));
        Assert.Equal(0, McNemar.PValue(0, 10_000));
        Assert.InRange(McNemar.PValue(4900, 5100), 0.04, 0.05);
    }

    [Fact]
    public void Says_that_equals_differ_no_more_often_than_it_says()
    {
        // Over all ways that n coins can fall, the probability that p is below 5 %.
        foreach (var n in new[] { 5, 6, 17, 40 })
            Assert.InRange(Enumerable.Range(0, n + 1).Where(b => McNemar.PValue(b, n - b) < 0.05).Sum(b => Trinomial(n, b, n - b, 0.5, 0.5)), 0,
                0.05);
    }

    [Fact]
    public void The_interval_of_the_difference_covers_as_often_as_it_says()
    {
        // Every outcome of 40 images, with its probability, for several truths.
        const int n = 40;
        foreach (var (p, q) in new[] { (0.2, 0.1), (0.05, 0.05), (0.3, 0.02), (0.1, 0.4) })
        {
            var covered = 0.0;
            for (var b = 0; b <= n; b++)
            {
                for (var c = 0; b + c <= n; c++)
                {
                    var (low, high) = McNemar.Difference(b, c, n);
                    if (low <= p - q && p - q <= high) covered += Trinomial(n, b, c, p, q);
                }
            }
            Assert.InRange(covered, 0.94, 0.985);
        }
    }

    [Fact]
    public void What_cannot_be_counted_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemar.PValue(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemar.Difference(3, 4, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemar.Difference(0, 0, 0));
    }

    /// <summary>The probability of b and c among n, the rest being neither.</summary>
    private static double Trinomial(int n, int b, int c, double p, double q)
    {
        var log = 0.0;
        for (var i = 1; i <= n; i++) log += Math.Log(i);
        foreach (var k in new[] { b, c, n - b - c })
        {
            for (var i = 1; i <= k; i++) log -= Math.Log(i);
        }
        return Math.Exp(log) * Math.Pow(p, b) * Math.Pow(q, c) * Math.Pow(1 - p - q, n - b - c);
    }
}
