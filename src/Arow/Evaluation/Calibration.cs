namespace Arow.Evaluation;

/// <summary>The images whose confidence lies in one interval.</summary>
/// <param name="N">Their number, at least 1.</param>
/// <param name="Confidence">Mean probability of their predicted class, in [0, 1].</param>
/// <param name="Accuracy">Share of them that are classified correctly.</param>
public sealed record CalibrationBin(int N, double Confidence, double Accuracy);

/// <summary>
/// Whether the probabilities of clean images mean what they say (Guo et al. 2017, <i>On Calibration of Modern Neural Networks</i>).
/// </summary>
/// <param name="Ece">
/// Expected calibration error, in [0, 1]: the mean over the images of |accuracy − confidence| of their bin, with
/// 15 bins of equal width, (0, 1/15] to (14/15, 1].
/// </param>
/// <param name="Bins">The bins that have images, by rising confidence.</param>
public sealed record Calibration(double Ece, IReadOnlyList<CalibrationBin> Bins)
{
    /// <summary>The number of bins.</summary>
    public const int BinCount = 15;

    /// <summary>Computes it.</summary>
    /// <param name="predictions">The probability of the predicted class of each image, and whether it is the image's class; at least one.</param>
    /// <returns>Null if a probability is not a number in [0, 1].</returns>
    internal static Calibration? Compute(IReadOnlyCollection<(double Confidence, bool IsCorrect)> predictions)
    {
        if (!predictions.All(p => p.Confidence is >= 0 and <= 1)) return null;
        CalibrationBin[] bins =
        [
            .. predictions.GroupBy(p => Bin(p.Confidence)).OrderBy(bin => bin.Key).Select(bin =>
                new CalibrationBin(bin.Count(), bin.Average(p => p.Confidence), (double)bin.Count(p => p.IsCorrect) / bin.Count())),
        ];
        return new Calibration(bins.Sum(b => b.N * Math.Abs(b.Accuracy - b.Confidence)) / predictions.Count, bins);
    }

    /// <summary>Returns the bin; an edge belongs to the bin below it.</summary>
    private static int Bin(double confidence) =>
        Enumerable.Range(0, BinCount - 1).Count(edge => confidence > (edge + 1) / (double)BinCount);
}
