namespace Arow.Tests.Unit.Statistics;

public sealed class ConfidenceTests
{
    /// <summary>Newcombe 1998, <i>Two-sided confidence intervals for the single proportion</i>, table I, method 3.</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Published_intervals(int successes, int trials, double low, double high)
    {
        var interval = Confidence.Wilson(successes, trials);
        Assert.Equal(low, interval.Low, 5e-5);
        Assert.Equal(high, interval.High, 5e-5);
    }

    [Fact]
    public void The_ends_are_where_the_score_test_turns()
    {
        const double z = 1.959963984540054;
        var (low, high) = Confidence.Wilson(37, 120);
        foreach (var p in new[] { low, high })
            Assert.Equal(z, Math.Abs(37 / 120.0 - p) / Math.Sqrt(p * (1 - p) / 120), 1e-9);
    }

    [Fact]
    public void Covers_as_often_as_it_says()
    {
        // Mean over the true shares of the probability that the interval of 50 images contains them.
        const int n = 50;
        var covered = Enumerable.Range(1, 99).Average(percent =>
        {
            var p = percent / 100.0;
            return Enumerable.Range(0, n + 1).Where(k => Confidence.Wilson(k, n) is var i && i.Low <= p && p <= i.High).Sum(k => Binomial(n, k, p));
        });
        Assert.InRange(covered, 0.94, 0.96);
    }

    [Fact]
    public void The_mean_of_one_share_has_Wilsons_interval() => Assert.Equal(Confidence.Wilson(37, 120), Confidence.MeanOfShares([(37, 120)]));

    /// <summary>
    /// Mean over true shares of the probability that the interval of two classes' mean contains it, exactly: all outcomes are counted.
    /// </summary>
    [Theory, InlineData(40, 8), InlineData(20, 20), InlineData(60, 3)]
    public void The_interval_of_a_mean_of_shares_covers_as_often_as_it_says(int first, int second)
    {
        double[] shares = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98];
        var covered = shares.SelectMany(p => shares.Select(q => (p, q))).Average(s =>
        {
            var truth = (s.p + s.q) / 2;
            return Enumerable.Range(0, first + 1).Sum(a => Binomial(first, a, s.p) * Enumerable.Range(0, second + 1)
                .Where(b => Confidence.MeanOfShares([(a, first), (b, second)]) is var i && i.Low <= truth && truth <= i.High)
                    .Sum(b => Binomial(second, b, s.q)));
        });
        Assert.InRange(covered, 0.94, 0.985);
    }

    [Fact]
    public void Mean_and_sample_deviation()
    {
        var (mean, deviation) = Confidence.MeanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.Equal(5, mean, 1e-12);
        Assert.Equal(Math.Sqrt(32.0 / 7), deviation, 1e-12);
        Assert.Equal((0.5, 0), Confidence.MeanAndDeviation([0.5]));
    }

    [Fact]
    public void Nothing_measured_is_no_proportion()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Confidence.Wilson(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Confidence.MeanAndDeviation([]));
    }

    private static double Binomial(int n, int k, double p)
    {
        var choose = 1.0;
        for (var i = 1; i <= k; i++) choose *= (n - k + i) / (double)i;
        return choose * Math.Pow(p, k) * Math.Pow(1 - p, n - k);
    }
}
