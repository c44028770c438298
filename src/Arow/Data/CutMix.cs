namespace Arow.Data;

/// <summary>
/// CutMix (Yun et al. 2019): pastes a window of another image of the batch into each training image and mixes the two labels by area.
/// Rebuffi et al. (2021) train robust networks with CutMix and weight averaging. Each image has its own window; published code uses
/// one window for the whole batch.
/// </summary>
/// <param name="Fraction">Fraction of the images that are mixed, in (0, 1].</param>
public sealed record CutMix(double Fraction)
{
    /// <summary>Returns mixed images, [N, C, H, W], and their labels as probabilities, [N, K] float32.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N], int64.</param>
    /// <param name="classes">K.</param>
    /// <param name="noise">One row per image.</param>
    public (Tensor X, Tensor Y) Apply(Tensor x, Tensor y, int classes, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (n, h, w) = (x.shape[0], x.shape[2], x.shape[3]);
        var draws = noise.Uniform(empty([n, 5], device: x.device));
        var other = draws[.., 0].argsort();
        var mixed = draws[.., 1] < Fraction;
        // λ follows Beta(1, 1), which is uniform: a fraction 1 − λ of the area is replaced.
        var side = (1 - draws[.., 2]).sqrt();
        var (heights, widths) = ((h * side).floor(), (w * side).floor());
        var window = PixelWindows.Mask(draws[.., 3..], heights, widths, h, w) & mixed.reshape(n, 1, 1, 1);

        // The border may clip the window, so λ is computed from the pixels that are pasted.
        var λ = 1 - window.to(ScalarType.Float32).mean([1, 2, 3]).unsqueeze(1);
        var t = F.one_hot(y, classes).to(ScalarType.Float32);
        return (where(window, x.index_select(0, other), x).MoveToOuterDisposeScope(),
            (λ * t + (1 - λ) * t.index_select(0, other)).MoveToOuterDisposeScope());
    }
}
