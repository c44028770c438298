namespace Arow;

/// <summary>
/// The nearest point of the L1 ball that keeps the image in the box (Croce and Hein 2021, <i>Mind the box</i>).
/// </summary>
internal static class L1Projection
{
    /// <summary>
    /// min ‖u − d‖₂ over ‖u‖₁ ≤ ε, 0 ≤ x + u ≤ 1. The solution is u = sign(d) · min(max(|d| − λ, 0), room), room being
    /// the way to the box's side, with the λ ≥ 0 at which ‖u‖₁ = ε. ‖u‖₁ falls piecewise linearly in λ: it bends at
    /// |d| − room, where a pixel comes off the side, and at |d|, where it reaches zero.
    /// </summary>
    /// <param name="d">[N, C, H, W], the perturbation wished for.</param>
    /// <param name="x">[N, C, H, W], the image, in [0, 1].</param>
    /// <param name="ε">The radius.</param>
    public static Tensor OntoBallAndBox(Tensor d, Tensor x, double ε)
    {
        using var scope = NewDisposeScope();
        var size = d.to(ScalarType.Float64).abs().flatten(1);
        var room = where(d > 0, 1 - x, x).to(ScalarType.Float64).flatten(1);

        var released = (size - room).clamp_min(0);
        var (bends, order) = cat([released, size], dim: 1).sort(dim: 1);
        var turns = cat([-ones_like(size), ones_like(size)], dim: 1).gather(1, order);
        var slope = turns.cumsum(1);

        // The norm at every bend, and the stretch after the last bend at which it still exceeds ε.
        var start = size.minimum(room).sum(1, keepdim: true);
        var falls = slope[.., ..^1] * bends.diff(dim: 1);
        var norm = cat([start, start + falls.cumsum(1)], dim: 1);
        var stretch = ((norm > ε).to(ScalarType.Int64).sum(1, keepdim: true) - 1).clamp_min(0);
        var λ = bends.gather(1, stretch) + (norm.gather(1, stretch) - ε) / -slope.gather(1, stretch).clamp_max(-1);

        var u = (size - λ.clamp_min(0)).clamp_min(0).minimum(room);
        u = where(start <= ε, size.minimum(room), u);
        return (u.reshape(d.shape) * d.sign()).to(d.dtype).MoveToOuterDisposeScope();
    }
}
