namespace Arow.Attacks;

/// <summary>The size of a square.</summary>
internal static class SquareSize
{
    /// <summary>Computes the side of a square that covers a share of images [N, C, H, W].</summary>
    /// <param name="x">The images.</param>
    /// <param name="share">In (0, 1].</param>
    /// <param name="minimum">The smallest side.</param>
    public static int Side(Tensor x, double share, int minimum)
    {
        var (channels, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        // In the published order of operations: halves are rounded to even.
        var side = Math.Round(Math.Sqrt(share * (channels * h * w) / channels));
        return (int)Math.Max(side, minimum);
    }
}
