using Arow.Data;
using Arow.Models;

namespace Arow.Training;

/// <summary>Normalization by the pixels of the training images.</summary>
internal static class PixelStatistics
{
    /// <summary>Most pixels of packed images whose mean and deviation are computed as those of images in memory, to the bit.</summary>
    private const long MaximumAtOnce = 1L << 26;

    /// <summary>Computes the mean and the deviation of each channel.</summary>
    /// <param name="images">At least one.</param>
    public static Normalization Normalize(ImageSet images)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        long[] allButChannels = [0, 2, 3];
        if (images.IsPacked && (long)images.Count * images.Channels * images.Height * images.Width > MaximumAtOnce)
            return NormalizeInBlocks(images);
        var pixels = ImageSet.ToPixels(images.Images);
        var mean = pixels.mean(allButChannels, keepdim: true);
        var variance = (pixels - mean).square().mean(allButChannels);
        double[] Numbers(Tensor t) => [.. t.flatten().cpu().to(ScalarType.Float64).data<double>()];
        return new Normalization(Numbers(mean), [.. Numbers(variance.sqrt()).Select(s => Math.Max(s, 1e-3))]);
    }

    /// <summary>The same of images that do not fit into memory, from exact sums.</summary>
    private static Normalization NormalizeInBlocks(ImageSet images)
    {
        const int Block = 1024;
        var (sum, squares) = (new double[images.Channels], new double[images.Channels]);
        for (var first = 0; first < images.Count; first += Block)
        {
            using var scope = NewDisposeScope();
            var block = images.Gather(first, Math.Min(Block, images.Count - first)).to(ScalarType.Float64);
            long[] allButChannels = [0, 2, 3];
            var s = block.sum(allButChannels).cpu().data<double>().ToArray();
            var q = block.square().sum(allButChannels).cpu().data<double>().ToArray();
            for (var c = 0; c < sum.Length; c++) (sum[c], squares[c]) = (sum[c] + s[c], squares[c] + q[c]);
        }
        var count = (double)images.Count * images.Height * images.Width;
        double[] mean = [.. sum.Select(s => s / count / byte.MaxValue)];
        double[] std = [.. squares.Zip(mean, (q, m) => Math.Sqrt(Math.Max(0, q / count / byte.MaxValue / byte.MaxValue - m * m)))];
        return new Normalization(mean, [.. std.Select(s => Math.Max(s, 1e-3))]);
    }
}
