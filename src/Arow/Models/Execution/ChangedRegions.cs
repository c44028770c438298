namespace Arow.Models.Execution;

/// <summary>
/// The region in which images differ from others, as seen through convolutions without padding and the 2x2 max pooling
/// that follows: one rectangle of pooled values for each image, all of one size, and the part of the image that they
/// depend on.
/// </summary>
/// <param name="Top">[N], int64: the first row of pooled values.</param>
/// <param name="Left">[N], int64: the first column.</param>
/// <param name="Side">Rows and columns of pooled values, enough for the largest change.</param>
/// <param name="ReceptiveFieldLoss">The number of pixels by which the convolutions shrink each dimension of an image.</param>
internal sealed record ChangedRegions(Tensor Top, Tensor Left, long Side, long ReceptiveFieldLoss)
{
    /// <summary>Rows and columns of the part of the image.</summary>
    public long Pixels => 2 * Side + ReceptiveFieldLoss;

    /// <summary>Computes the rectangles.</summary>
    /// <param name="changed">[N, C, H, W], bool.</param>
    /// <param name="reach">See <see cref="ReceptiveFieldLoss"/>.</param>
    /// <param name="rows">Rows of all pooled values.</param>
    /// <param name="columns">Columns of all pooled values.</param>
    /// <returns>Null if the rectangles would be larger than the whole.</returns>
    public static ChangedRegions? Find(Tensor changed, long reach, long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var pixels = changed.any(1);
        var (top, bottom) = AffectedRange(pixels.any(2), reach, rows);
        var (left, right) = AffectedRange(pixels.any(1), reach, columns);
        var side = Math.Max(1, (bottom - top).maximum(right - left).amax().item<long>() + 1);
        if (side > Math.Min(rows, columns)) return null;
        return new(
            top.clamp_max(rows - side).MoveToOuterDisposeScope(), left.clamp_max(columns - side).MoveToOuterDisposeScope(), side, reach);
    }

    /// <summary>Returns the parts of images [N, C, H, W]: [N, C, <see cref="Pixels"/>, <see cref="Pixels"/>].</summary>
    public Tensor Cut(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (n, channels) = (images.shape[0], images.shape[1]);
        var indices = SquareIndices(2 * Top, 2 * Left, Pixels, images.shape[3]).unsqueeze(1).expand(n, channels, -1);
        return images.flatten(2).gather(2, indices).reshape(n, channels, Pixels, Pixels).MoveToOuterDisposeScope();
    }

    /// <summary>[N · side · side], int64: the indices of the rectangles' pooled values in the whole batch, row by row.</summary>
    public Tensor PooledIndices(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var first = arange(Top.shape[0], device: Top.device).unsqueeze(1) * (rows * columns);
        return (first + SquareIndices(Top, Left, Side, columns)).flatten().MoveToOuterDisposeScope();
    }

    /// <summary>[N, side · side]: the indices of squares in a grid of a number of columns, row by row.</summary>
    private static Tensor SquareIndices(Tensor top, Tensor left, long side, long columns)
    {
        var along = arange(side, device: top.device);
        return ((top.unsqueeze(1) + along).unsqueeze(2) * columns + (left.unsqueeze(1) + along).unsqueeze(1)).flatten(1);
    }

    /// <summary>Returns the first and last pooled value, [N] each, that changes along one dimension, [N, length], affect.</summary>
    private static (Tensor First, Tensor Last) AffectedRange(Tensor changed, long reach, long maxima)
    {
        var index = arange(changed.shape[1], device: changed.device);
        var first = where(changed, index, full_like(index, changed.shape[1])).amin([1]);
        var last = where(changed, index, full_like(index, -1)).amax([1]);
        return (
            (first - reach).clamp_min(0).div(2, RoundingMode.floor).clamp_max(maxima - 1),
            last.div(2, RoundingMode.floor).clamp_max(maxima - 1));
    }
}
