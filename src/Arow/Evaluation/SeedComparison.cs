using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>
/// A comparison of two methods with the seed as the unit: it estimates the result of other trainings on the same images. Runs with
/// the same seed are paired, since they share the split, the initial weights, the order and the augmentation.
/// </summary>
/// <param name="Pairs">One for each seed that both methods have, all of the same images; at least one.</param>
internal sealed record SeedComparison(IReadOnlyList<PairedComparison> Pairs)
{
    /// <summary>The number of seeds.</summary>
    public int Seeds => Pairs.Count;

    /// <summary>For each seed the first's accuracy minus the second's.</summary>
    public IReadOnlyList<double> Differences => [.. Pairs.Select(p => p.Difference)];

    /// <summary>Mean of <see cref="Differences"/>.</summary>
    public double Difference => Differences.Average();

    /// <summary>The 95 % interval of the mean difference, see <see cref="StudentT.Interval"/>.</summary>
    public Interval? DifferenceInterval => StudentT.Interval(Differences);

    /// <summary>
    /// The two-sided p-value of the exact sign-flip (paired permutation) test of the mean difference over all 2ⁿ choices of
    /// signs (Fisher 1935). It assumes no distribution.
    /// </summary>
    public double PValue => SignFlip.PValue(Pairs.Select(p => p.OnlyFirst - p.OnlySecond));

    /// <summary>Returns the smallest possible p-value with n seeds: 2/2ⁿ.</summary>
    /// <param name="seeds">n, at least 1.</param>
    public static double SmallestPValue(int seeds) => Math.Pow(2, 1 - seeds);

    /// <summary>
    /// The p-value of two one-sided paired t tests (TOST, Schuirmann 1987): below the level, the mean difference lies
    /// within ±margin. The larger of P(T ≥ (d + margin)/se) and P(T ≥ (margin − d)/se), n − 1 degrees of freedom.
    /// </summary>
    /// <param name="margin">The margin as a share, above 0: 0.005 for half a point.</param>
    /// <returns>Null for one seed and if all differences are equal: the spread is unknown.</returns>
    public double? EquivalencePValue(double margin)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(margin);
        if (Differences.Distinct().Count() < 2) return null;
        var (mean, deviation) = Confidence.MeanAndDeviation([.. Differences]);
        return StudentT.UpperTail((margin - Math.Abs(mean)) / (deviation / Math.Sqrt(Seeds)), Seeds - 1);
    }

    /// <summary>The number of seeds in which the first is ahead.</summary>
    public int Ahead => Pairs.Count(p => p.Difference > 0);

    /// <summary>The number of seeds in which both are equally accurate.</summary>
    public int Ties => Pairs.Count(p => p.OnlyFirst == p.OnlySecond);

    /// <summary>
    /// The probability that the first is ahead of the second in a training with the same seed, ties counted half:
    /// P(A > B) of Bouthillier et al. (2021), who recommend pairs.
    /// </summary>
    public double ProbabilityAhead => (Ahead + Ties / 2.0) / Seeds;

    /// <summary>
    /// The same for trainings with independent seeds: over all pairs of a seed of the first and a seed of the
    /// second, ties counted half (Mann and Whitney 1947, U/n²).
    /// </summary>
    public double ProbabilityAheadIndependent =>
        Pairs.SelectMany(a => Pairs.Select(b => (Math.Sign(a.FirstCount - b.SecondCount) + 1) / 2.0)).Average();
}
