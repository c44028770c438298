namespace Arow.Tests.Unit.Evaluation;

public sealed class PooledComparisonTests
{
    /// <summary>Two-sided 5 % points of printed tables.</summary>
    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(2, 4.30265)]
    [InlineData(3, 3.18245)]
    [InlineData(4, 2.77645)]
    [InlineData(7, 2.36462)]
    [InlineData(10, 2.22814)]
    [InlineData(30, 2.04227)]
    [InlineData(1001, 1.96234)]
    public void Students_t_is_that_of_the_tables(int freedom, double t)
    {
        // Six figures are printed.
        Assert.Equal(t, StudentT.Quantile(freedom), t * 5e-6);
        Assert.Equal(0.95, StudentT.CentralProbability(StudentT.Quantile(freedom), freedom), 1e-10);
    }

    [Fact]
    public void Seeds_are_pooled_image_by_image()
    {
        // Image 0: the first alone in both seeds; 1: once either; 2: the second alone once; 3: both.
        var pooled = PooledComparison.Compute(
        [
            (Rows("1101"), Rows("0001")),
            (Rows("1001"), Rows("0111")),
        ], r => r.Robust);
        Assert.Equal([2, 0, -1, 0], pooled.ByImage);
        Assert.Equal([0.5, -0.25], pooled.BySeed);
        Assert.Equal((4, 2, 1), (pooled.Images, pooled.Seeds, pooled.SeedsAhead));
        Assert.Equal(0.125, pooled.Difference);
        Assert.Equal([(2, 0), (1, 2)], pooled.Pairs.Select(p => (p.OnlyFirst, p.OnlySecond)));
        // ±2 ±1: all four sums are 1 or more away from 0.
        Assert.Equal(1, pooled.PValue);

        // By hand: d = 1, 0, −1/2, 0 and the two added, 1 and −1: mean 1/12, mean square 13/24.
        var (mean, half) = (1.0 / 12, 1.959963984540054 * Math.Sqrt((13.0 / 24 - 1.0 / 144) / 6));
        Assert.Equal(mean - half, pooled.DifferenceInterval.Low, 1e-12);
        Assert.Equal(mean + half, pooled.DifferenceInterval.High, 1e-12);
        // Deviation 0.75/√2 over two seeds: half a width of 12.7062 · 0.375.
        Assert.Equal(0.125 + 12.7062 * 0.375, pooled.SeedInterval!.Value.High, 1e-4);
    }

    [Fact]
    public void A_sum_of_four_is_what_two_changes_bring_beyond_each()
    {
        WeightedRows[] sides = [new(Rows("1111"), 1), new(Rows("1100"), -1), new(Rows("1010"), -1), new(Rows("1000"), 1)];
        var beyond = PooledComparison.Compute([sides], r => r.Robust);
        Assert.Equal([0, 0, 0, 1], beyond.ByImage);
        Assert.Equal(0.25, beyond.Difference);
        Assert.Null(beyond.SeedInterval);
    }

    [Fact]
    public void Other_images_are_refused() => Assert.Contains("different images", Assert.Throws<InputException>(() => PooledComparison.Compute(
        [(Rows("11"), Rows("10")), (Rows("111"), Rows("100"))], r => r.Robust)).Message);

    private static IReadOnlyList<SampleResult> Rows(string robust) =>
        [.. robust.Select((r, i) => new SampleResult(i, 0, 0, r == '1' ? 0 : 1, r == '1' ? null : "pgd20", 1, 0.1))];
}
