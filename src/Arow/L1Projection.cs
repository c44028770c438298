namespace Arow;

/// <summary>The projection onto the intersection of the L1 ball and the box (Croce and Hein 2021, <i>Mind the box</i>).</summary>
internal static class L1Projection
{
    /// <summary>
    /// Computes min ‖u − d‖₂ over ‖u‖₁ ≤ ε, 0 ≤ x + u ≤ 1, in float64, so that entries which become zero are exactly zero.
    /// </summary>
    /// <param name="d">[N, C, H, W], the perturbation.</param>
    /// <param name="x">[N, C, H, W], the image, in [0, 1].</param>
    /// <param name="ε">The radius.</param>
    public static Tensor OntoBallAndBox(Tensor d, Tensor x, double ε)
    {
        using var scope = NewDisposeScope();
        var (exactD, exactX) = (d.to(ScalarType.Float64), x.to(ScalarType.Float64));
        return (exactD + Correction(exactD, exactX, ε)).to(d.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes u − d for the solution u = sign(d) · max(|d| − max(λ, beyond), 0), where beyond is the distance of x + d from
    /// the box, with the λ ≥ 0 at which ‖u‖₁ = ε. ‖u‖₁ decreases piecewise linearly in λ, with breakpoints at beyond, where a
    /// pixel leaves the side of the box, and at |d|, where it reaches zero. Computed in the type of d: float32 sums have an
    /// error in ‖u‖₁ of about 1e-5, as in published code.
    /// </summary>
    public static Tensor Correction(Tensor d, Tensor x, double ε)
    {
        using var scope = NewDisposeScope();
        var size = d.abs().flatten(1);
        var beyond = -(1 - x - d).minimum(x + d).clamp_max(0).flatten(1);

        var (breakpoints, order) = cat([beyond, size], dim: 1).sort(dim: 1);
        var slopeChanges = cat([ones_like(size), -ones_like(size)], dim: 1).gather(1, order);
        var slope = slopeChanges.cumsum(1);

        // The decrease of the norm at every breakpoint, and the last breakpoint at which the norm still exceeds ε.
        var boxed = beyond.sum(1, keepdim: true);
        var decrease = cat([boxed, boxed + (breakpoints.diff(dim: 1) * slope[.., ..^1]).cumsum(1)], dim: 1);
        var excess = decrease + (ε - size.sum(1, keepdim: true));
        var last = ((excess < 0).to(ScalarType.Int64).sum(1, keepdim: true) - 1).clamp_min(0);
        var λ = -excess.gather(1, last) / slope.gather(1, last) + breakpoints.gather(1, last);

        var loss = where(excess[.., ..1] < 0, beyond.maximum(λ).minimum(size), beyond);
        return (-loss.reshape(d.shape) * d.sign()).MoveToOuterDisposeScope();
    }
}
