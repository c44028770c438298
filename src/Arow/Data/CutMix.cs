namespace Arow.Data;

/// <summary>
/// CutMix (Yun et al. 2019): a window of another image of the batch is pasted into each training image, and the label is shared
/// between the two by area. With averaged weights it is what Rebuffi et al. (2021) train robust networks with. Each image has
/// a window of its own, where published code has one for the whole batch.
/// </summary>
/// <param name="Share">In (0, 1]: how many of the images get one.</param>
public sealed record CutMix(double Share)
{
    /// <summary>Mixed images, [N, C, H, W], and their labels as probabilities, [N, K] float32.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N], int64.</param>
    /// <param name="classes">K.</param>
    /// <param name="noise">One row for each image.</param>
    public (Tensor X, Tensor Y) Apply(Tensor x, Tensor y, int classes, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (n, h, w) = (x.shape[0], x.shape[2], x.shape[3]);
        var draws = noise.Uniform(empty([n, 5], device: x.device));
        var other = draws[.., 0].argsort();
        var mixed = draws[.., 1] < Share;
        // λ of Beta(1, 1), which is uniform: 1 − λ of the area is to be replaced.
        var side = (1 - draws[.., 2]).sqrt();
        var (heights, widths) = ((h * side).floor(), (w * side).floor());
        var window = Windows.Inside(draws[.., 3..], heights, widths, h, w) & mixed.reshape(n, 1, 1, 1);

        // What the border cuts off is not pasted.
        var λ = 1 - window.to(ScalarType.Float32).mean([1, 2, 3]).unsqueeze(1);
        var t = F.one_hot(y, classes).to(ScalarType.Float32);
        return (where(window, x.index_select(0, other), x).MoveToOuterDisposeScope(),
            (λ * t + (1 - λ) * t.index_select(0, other)).MoveToOuterDisposeScope());
    }
}
