using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>The rows of an evaluation with their factor in a comparison: 1 for the one side, −1 for the other.</summary>
/// <param name="Rows">A row for each image.</param>
/// <param name="Factor">1 or −1.</param>
internal readonly record struct WeightedRows(IReadOnlyList<SampleResult> Rows, int Factor);

/// <summary>
/// A comparison of methods over several seeds and the same images. The image is the unit of intervals and tests, so that
/// repetitions of an image do not count as more images; the variation between networks of other seeds is shown only by the
/// spread of the seeds' differences.
/// </summary>
/// <param name="Images">n.</param>
/// <param name="BySeed">The difference of each seed, the mean over images.</param>
/// <param name="ByImage">For each image, the sum over seeds of Σ factor · correct.</param>
/// <param name="Pairs">The pairs of two methods, seed by seed, image by image; otherwise empty.</param>
internal sealed record PooledComparison(
    int Images, IReadOnlyList<double> BySeed, IReadOnlyList<int> ByImage, IReadOnlyList<PairedComparison> Pairs)
{
    /// <summary>The number of seeds.</summary>
    public int Seeds => BySeed.Count;

    /// <summary>Mean over images and seeds.</summary>
    public double Difference => (double)ByImage.Sum() / (Seeds * Images);

    /// <summary>
    /// The 95 % interval for other images and the same networks: Bonett and Price's (2012) with images in the place of
    /// pairs. Two images are added, one in favour of each side; with mean m and variance v of the n + 2 images'
    /// differences (means over seeds), m ± z √(v/(n + 2)).
    /// </summary>
    public Interval DifferenceInterval
    {
        get
        {
            double n = Images + 2, s = Seeds;
            var m = ByImage.Sum() / (s * n);
            var v = (ByImage.Sum(k => (double)k * k) / (s * s) + 2) / n - m * m;
            var half = Confidence.Z * Math.Sqrt(v / n);
            return new Interval(m - half, m + half);
        }
    }

    /// <summary>The exact p-value of two methods: see <see cref="SignFlip"/>.</summary>
    public double PValue => SignFlip.PValue(ByImage);

    /// <summary>The 95 % interval for other seeds and the same images, see <see cref="StudentT.Interval"/>.</summary>
    public Interval? SeedInterval => StudentT.Interval([.. BySeed]);

    /// <summary>The comparison of two methods with the seed as the unit; for two methods only.</summary>
    public SeedComparison OverSeeds => new(Pairs);

    /// <summary>The number of seeds in which the first side is ahead.</summary>
    public int SeedsAhead => BySeed.Count(d => d > 0);

    /// <summary>Compares two methods.</summary>
    /// <param name="seeds">For each seed the rows of both methods.</param>
    /// <param name="isCorrect">The condition that counts: robust, or correct without an attack.</param>
    /// <exception cref="InputException">The images differ.</exception>
    public static PooledComparison Compute(
        IReadOnlyList<(IReadOnlyList<SampleResult> First, IReadOnlyList<SampleResult> Second)> seeds, Func<SampleResult, bool> isCorrect) =>
        Compute([.. seeds.Select(s => (IReadOnlyList<WeightedRows>)[new WeightedRows(s.First, 1), new WeightedRows(s.Second, -1)])], isCorrect) with
        {
            Pairs = [.. seeds.Select(s => PairedComparison.Compare(s.First, s.Second, isCorrect))],
        };

    /// <summary>Compares sums of methods, such as both changes minus each change plus none.</summary>
    /// <param name="seeds">For each seed the sides.</param>
    /// <param name="isCorrect">The condition that counts.</param>
    /// <exception cref="InputException">The images differ.</exception>
    public static PooledComparison Compute(IReadOnlyList<IReadOnlyList<WeightedRows>> seeds, Func<SampleResult, bool> isCorrect)
    {
        ArgumentOutOfRangeException.ThrowIfZero(seeds.Count);
        var first = seeds[0][0].Rows;
        var positions = first.Index().ToDictionary(r => r.Item.Index, r => r.Index);
        var byImage = new int[first.Count];
        var bySeed = new List<double>();
        foreach (var sides in seeds)
        {
            var sum = 0;
            foreach (var (rows, factor) in sides)
            {
                PairedComparison.Pair(first, rows);
                foreach (var row in rows.Where(isCorrect))
                {
                    byImage[positions[row.Index]] += factor;
                    sum += factor;
                }
            }
            bySeed.Add((double)sum / first.Count);
        }
        return new PooledComparison(first.Count, bySeed, byImage, []);
    }
}
