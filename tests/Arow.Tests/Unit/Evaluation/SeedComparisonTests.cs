using CsCheck;

namespace Arow.Tests.Unit.Evaluation;

public sealed class SeedComparisonTests
{
    private const int Images = 1000;

    /// <summary>
    /// Darwin's fifteen pairs of maize, by which Fisher (1935, The Design of Experiments, section 21) shows the test: of
    /// 2¹⁵ choices of signs 1,726 give a sum of 314 or more to either side.
    /// </summary>
    [Fact]
    public void The_sign_flip_test_is_Fishers_of_Darwins_maize()
    {
        int[] eighthsOfAnInch = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
        Assert.Equal(1726.0 / 32768, Of(eighthsOfAnInch).PValue, 1e-15);
        Assert.Equal(13, Of(eighthsOfAnInch).Ahead);
    }

    /// <summary>Student's (1908) ten patients; the interval is the one that R prints for t.test(extra ~ group, paired).</summary>
    [Fact]
    public void The_interval_is_that_of_Students_sleep()
    {
        double[] hours = [-1.2, -2.4, -1.3, -1.3, 0, -1.0, -1.8, -0.8, -4.6, -1.4];
        var interval = StudentT.Interval(hours)!.Value;
        Assert.Equal(-2.4598858, interval.Low, 5e-8);
        Assert.Equal(-0.7001142, interval.High, 5e-8);
        // t = -4.0621, p-value = 0.002833, as R prints them.
        Assert.Equal(0.002833, 2 * StudentT.UpperTail(4.0621, 9), 5e-7);
    }

    /// <summary>One-sided points of printed tables of t.</summary>
    [Theory]
    [InlineData(1, 6.3138, 0.05)]
    [InlineData(3, 2.3534, 0.05)]
    [InlineData(7, 1.8946, 0.05)]
    [InlineData(7, 2.9980, 0.01)]
    [InlineData(9, 1.8331, 0.05)]
    [InlineData(20, 2.5280, 0.01)]
    public void The_tail_of_t_is_that_of_the_tables(int freedom, double t, double p)
    {
        Assert.Equal(p, StudentT.UpperTail(t, freedom), 5e-6);
        Assert.Equal(1 - p, StudentT.UpperTail(-t, freedom), 5e-6);
    }

    /// <summary>
    /// The same patients with differences of up to half an hour taken for none: the published guide of the R package TOSTER
    /// prints t = -2.777 and p = 0.989 for the side that decides.
    /// </summary>
    [Fact]
    public void Equivalence_is_that_of_the_guide_to_TOSTER()
    {
        int[] minutesOverSix = [-12, -24, -13, -13, 0, -10, -18, -8, -46, -14];
        Assert.Equal(0.989, Of(minutesOverSix).EquivalencePValue(5.0 / Images)!.Value, 5e-4);
    }

    /// <summary>By hand: mean 0, deviation 1 of 1,000 images, n = 4, so that the margin is t standard errors of 1/2.</summary>
    [Theory]
    [InlineData(2.35336, 0.05)]
    [InlineData(4.54070, 0.01)]
    public void A_margin_of_so_many_standard_errors_has_the_tables_p(double t, double p)
    {
        var comparison = Of([9, -9, 9, -9]);
        var error = Math.Sqrt(4 * 81 / 3.0) / 2 / Images;
        Assert.Equal(p, comparison.EquivalencePValue(t * error)!.Value, 1e-5);
        // Shifted by half a margin, one side decides: half as many standard errors are left to it.
        var shifted = Of([29, 11, 29, 11]);
        Assert.Equal(StudentT.UpperTail((40.0 / Images - 20.0 / Images) / error, 3), shifted.EquivalencePValue(40.0 / Images)!.Value, 1e-12);
        Assert.Equal(shifted.EquivalencePValue(40.0 / Images)!.Value, Of([-29, -11, -29, -11]).EquivalencePValue(40.0 / Images)!.Value, 1e-15);
    }

    /// <summary>All 2ⁿ choices of signs, one by one.</summary>
    [Fact]
    public void The_sign_flip_test_counts_all_choices_of_signs() => Gen.Int[-30, 30].Array[1, 10].Sample(differences =>
    {
        var observed = Math.Abs(differences.Sum());
        var as_far = Enumerable.Range(0, 1 << differences.Length)
            .Count(signs => Math.Abs(differences.Select((d, i) => (signs >> i & 1) == 0 ? d : -d).Sum()) >= observed);
        Assert.Equal(as_far / Math.Pow(2, differences.Length), Of(differences).PValue, 1e-12);
        Assert.True(Of(differences).PValue >= SeedComparison.SmallestPValue(differences.Length) - 1e-15);
    }, threads: 1, iter: 200);

    [Fact]
    public void Eight_seeds_on_one_side_have_the_smallest_p_that_eight_can_have()
    {
        Assert.Equal(1.0 / 128, SeedComparison.SmallestPValue(8));
        Assert.Equal(1.0 / 128, Of([1, 2, 3, 4, 5, 6, 7, 8]).PValue, 1e-15);
        Assert.Equal(1, Of([5]).PValue);
    }

    /// <summary>Three seeds, counted out: pairs 1 ahead, 1 tied; all nine pairs 5 ahead, 1 tied.</summary>
    [Fact]
    public void The_probability_of_being_ahead_counts_pairs_and_halves_ties()
    {
        var comparison = new SeedComparison([Pair(500, 480), Pair(510, 510), Pair(490, 505)]);
        Assert.Equal((1, 1), (comparison.Ahead, comparison.Ties));
        Assert.Equal(0.5, comparison.ProbabilityAhead);
        // 500 beats 480; 510 beats 480, 505 and ties 510; 490 beats 480.
        Assert.Equal(4.5 / 9, comparison.ProbabilityAheadIndependent, 1e-15);
        Assert.Equal(8.5 / 9, new SeedComparison([Pair(500, 480), Pair(510, 500), Pair(520, 490)]).ProbabilityAheadIndependent, 1e-15);
    }

    /// <summary>What nothing tells is not told.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(7, 7, 7)]
    [InlineData(0, 0, 0, 0)]
    public void Without_spread_there_is_neither_interval_nor_equivalence(params int[] differences)
    {
        Assert.Null(Of(differences).DifferenceInterval);
        Assert.Null(Of(differences).EquivalencePValue(0.005));
    }

    private static SeedComparison Of(int[] differences) => new([.. differences.Select(d => Pair(500 + d, 500))]);

    /// <summary>Right on so many images, all of the smaller number in common.</summary>
    private static PairedComparison Pair(int first, int second)
    {
        var both = Math.Min(first, second);
        return new PairedComparison(both, first - both, second - both, Images - Math.Max(first, second));
    }
}
