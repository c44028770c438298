namespace Arow.Data;

/// <summary>
/// Cutout (DeVries and Taylor 2017): a square around a random pixel of each training image is made black, so that no part of an
/// image can be relied on. Published code cuts after normalization, where zero is the mean.
/// </summary>
/// <param name="Size">Side of the square in pixels, at least 2; half of it, rounded down, lies on either side of the pixel.</param>
public sealed record Cutout(int Size)
{
    /// <summary>The images with their holes.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="noise">One row for each image.</param>
    public Tensor Apply(Tensor x, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (n, h, w) = (x.shape[0], x.shape[2], x.shape[3]);
        var points = noise.Uniform(empty([n, 2], device: x.device));
        var size = full([n], Size, ScalarType.Float32, x.device);
        return x.masked_fill(Windows.Inside(points, size, size, h, w), 0).MoveToOuterDisposeScope();
    }
}
