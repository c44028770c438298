namespace Arow.Data;

/// <summary>
/// Cutout (DeVries and Taylor 2017): blackens a square around a random pixel of each training image, so that no part of an image can
/// be relied on. Published code cuts after normalization, where zero is the mean.
/// </summary>
/// <param name="Size">Side of the square in pixels, at least 2. It extends by half of it, rounded down, to either side of the pixel.</param>
public sealed record Cutout(int Size)
{
    /// <summary>Returns the images with a black square in each.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="noise">One row per image.</param>
    public Tensor Apply(Tensor x, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (n, h, w) = (x.shape[0], x.shape[2], x.shape[3]);
        var points = noise.Uniform(empty([n, 2], device: x.device));
        var size = full([n], Size, ScalarType.Float32, x.device);
        return x.masked_fill(PixelWindows.Mask(points, size, size, h, w), 0).MoveToOuterDisposeScope();
    }
}
