namespace Arow;

/// <summary>
/// The nearest point of the L1 ball that keeps the image in the box (Croce and Hein 2021, <i>Mind the box</i>).
/// </summary>
internal static class L1Projection
{
    /// <summary>
    /// min ‖u − d‖₂ over ‖u‖₁ ≤ ε, 0 ≤ x + u ≤ 1, worked out in float64: what d loses entirely is zero exactly.
    /// </summary>
    /// <param name="d">[N, C, H, W], the perturbation wished for.</param>
    /// <param name="x">[N, C, H, W], the image, in [0, 1].</param>
    /// <param name="ε">The radius.</param>
    public static Tensor OntoBallAndBox(Tensor d, Tensor x, double ε)
    {
        using var scope = NewDisposeScope();
        var (exactD, exactX) = (d.to(ScalarType.Float64), x.to(ScalarType.Float64));
        return (exactD + Correction(exactD, exactX, ε)).to(d.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// u − d for the solution u = sign(d) · max(|d| − max(λ, beyond), 0), beyond being how far d reaches out of the box,
    /// with the λ ≥ 0 at which ‖u‖₁ = ε. ‖u‖₁ falls piecewise linearly in λ: it bends at what is beyond, where a pixel
    /// comes off the side, and at |d|, where it reaches zero. In the type of d: sums of float32 leave ‖u‖₁ off by some
    /// 1e-5, as in published code.
    /// </summary>
    public static Tensor Correction(Tensor d, Tensor x, double ε)
    {
        using var scope = NewDisposeScope();
        var size = d.abs().flatten(1);
        var beyond = -(1 - x - d).minimum(x + d).clamp_max(0).flatten(1);

        var (bends, order) = cat([beyond, size], dim: 1).sort(dim: 1);
        var turns = cat([ones_like(size), -ones_like(size)], dim: 1).gather(1, order);
        var slope = turns.cumsum(1);

        // By how much the norm has fallen at every bend, and the last bend at which it still exceeds ε.
        var boxed = beyond.sum(1, keepdim: true);
        var fallen = cat([boxed, boxed + (bends.diff(dim: 1) * slope[.., ..^1]).cumsum(1)], dim: 1);
        var spare = fallen + (ε - size.sum(1, keepdim: true));
        var last = ((spare < 0).to(ScalarType.Int64).sum(1, keepdim: true) - 1).clamp_min(0);
        var λ = -spare.gather(1, last) / slope.gather(1, last) + bends.gather(1, last);

        var loss = where(spare[.., ..1] < 0, beyond.maximum(λ).minimum(size), beyond);
        return (-loss.reshape(d.shape) * d.sign()).MoveToOuterDisposeScope();
    }
}
