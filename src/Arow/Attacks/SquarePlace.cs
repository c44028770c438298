namespace Arow.Attacks;

/// <summary>Where a square lies and how large it is.</summary>
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

    /// <summary>The first of <paramref name="length"/> places that a stretch of <paramref name="side"/> takes: [M], int64.</summary>
    /// <param name="u">[M], uniform on [0, 1).</param>
    /// <param name="length">Of the image.</param>
    /// <param name="side">Of the square.</param>
    /// <param name="published">Whether the last place is left out, as in the published code, where it is never drawn.</param>
    public static Tensor Along(Tensor u, long length, int side, bool published)
    {
        using var scope = NewDisposeScope();
        var last = length - side;
        var place = published ? u * last : (u * (last + 1)).clamp_max(last);
        return place.to(ScalarType.Int64).MoveToOuterDisposeScope();
    }
}
