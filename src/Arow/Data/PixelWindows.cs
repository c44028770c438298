namespace Arow.Data;

/// <summary>Rectangles of pixels around random points, clipped at the border, for Cutout and CutMix.</summary>
internal static class PixelWindows
{
    /// <summary>Returns the mask of pixels inside: [N, 1, H, W], bool.</summary>
    /// <param name="points">[N, 2] in [0, 1): centre, vertical and horizontal.</param>
    /// <param name="heights">[N], integer pixels; half of it, rounded down, is on either side of the centre.</param>
    /// <param name="widths">[N], in the same way.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static Tensor Mask(Tensor points, Tensor heights, Tensor widths, long height, long width)
    {
        using var scope = NewDisposeScope();
        var down = AxisMask(points[.., 0], heights, height).unsqueeze(2);
        var across = AxisMask(points[.., 1], widths, width).unsqueeze(1);
        return (down & across).unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>[N, length], bool: i in [m − ⌊s/2⌋, m + ⌊s/2⌋).</summary>
    private static Tensor AxisMask(Tensor points, Tensor sizes, long length)
    {
        var middle = (points * length).floor().unsqueeze(1);
        var half = (sizes / 2).floor().unsqueeze(1);
        var i = arange(length, dtype: points.dtype, device: points.device);
        return (i >= middle - half) & (i < middle + half);
    }
}
