namespace Arow.Attacks;

/// <summary>How large a square is.</summary>
internal static class SquarePlace
{
    /// <summary>The side of a square that covers a share of images [N, C, H, W], no longer than the image's shorter one.</summary>
    /// <param name="x">The images.</param>
    /// <param name="share">In (0, 1].</param>
    /// <param name="least">The shortest side to be had.</param>
    public static int Side(Tensor x, double share, int least)
    {
        var (channels, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        // In the published order of operations: a half is rounded to the even number.
        var side = Math.Round(Math.Sqrt(share * (channels * h * w) / channels));
        return (int)Math.Max(side, least);
    }
}
