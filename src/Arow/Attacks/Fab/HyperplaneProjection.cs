namespace Arow.Attacks;

/// <summary>
/// The shortest vector within the box [0, 1]ⁿ from a point to a hyperplane (Croce and Hein 2020, <i>Minimally distorted
/// adversarial examples with a fast adaptive boundary attack</i>, section 3.1).
/// </summary>
/// <remarks>
/// Every pixel helps only by moving against w (or along it, from the other side), by u ≥ 0 and at most to the side of the
/// box, its room. The remaining problem is: min ‖u‖ over Σ |w| u = c, 0 ≤ u ≤ room.
/// </remarks>
internal static class HyperplaneProjection
{
    /// <summary>Pixels of smaller |w| do not move in L2 and L1, as in the published code.</summary>
    public const double Negligible = 1e-8;

    /// <summary>
    /// Computes min ‖d‖ over ⟨w, t + d⟩ = b, 0 ≤ t + d ≤ 1; where the box does not reach the hyperplane, the vector to the
    /// nearest corner.
    /// </summary>
    /// <param name="norm">The norm of d.</param>
    /// <param name="t">[…, N, n], points of the box.</param>
    /// <param name="w">[N, n], normals; a pixel of normal zero does not move.</param>
    /// <param name="b">[N], offsets.</param>
    /// <returns>d, of the shape of <paramref name="t"/>.</returns>
    public static Tensor Shortest(Norm norm, Tensor t, Tensor w, Tensor b)
    {
        using var scope = NewDisposeScope();
        if (norm != Norm.Linf) w = w.masked_fill(w.abs() <= Negligible, 0);
        var gap = (w * t).sum(-1, keepdim: true) - b.unsqueeze(-1);
        var direction = where(gap < 0, w, -w).sign();
        var room = where(direction > 0, 1 - t, t);
        var (size, c) = (w.abs(), gap.abs());
        var u = norm switch
        {
            Norm.Linf => room.minimum(SolveLambda(size, room, c)),
            Norm.L2 => L2Lengths(size, room, c),
            _ => L1Lengths(size, room, c),
        };
        return (direction * u).MoveToOuterDisposeScope();
    }

    /// <summary>L2: u = min(λ |w|, room).</summary>
    private static Tensor L2Lengths(Tensor size, Tensor room, Tensor c)
    {
        var reach = room / size.clamp_min(Negligible);
        return size * reach.minimum(SolveLambda(size.square(), reach, c));
    }

    /// <summary>L1: pixels move to the side of the box, the largest |w| first, until the remainder is less than the next pixel's room.</summary>
    private static Tensor L1Lengths(Tensor size, Tensor room, Tensor c)
    {
        var (steepness, order) = size.sort(dim: -1, descending: true, stable: true);
        order = order.expand(room.shape);
        var sortedRoom = room.gather(-1, order);
        var cumulative = (steepness * sortedRoom).cumsum(-1);
        var before = cat([zeros_like(c), cumulative.narrow(-1, 0, cumulative.shape[^1] - 1)], dim: -1);
        var u = ((c - before).clamp_min(0) / steepness.clamp_min(Negligible)).minimum(sortedRoom);
        return zeros_like(room).scatter(-1, order, u);
    }

    /// <summary>
    /// Finds the λ at which Σ a · min(λ, r) = c; ∞ where even Σ a · r is less than c. The sum is concave and piecewise linear
    /// in λ, so that Newton's method from λ = 0 never overshoots and is exact after a few of the breakpoints; sorting all of
    /// them costs far more. A row that has converged does not change while others continue.
    /// </summary>
    /// <param name="a">[…, n], at least 0.</param>
    /// <param name="r">[…, n], at least 0.</param>
    /// <param name="c">[…, 1], at least 0.</param>
    private static Tensor SolveLambda(Tensor a, Tensor r, Tensor c)
    {
        using var scope = NewDisposeScope();
        var (none, all) = (zeros_like(c), full_like(c, double.PositiveInfinity));
        var full = a * r;
        var λ = none;
        for (var breakpoint = 0; breakpoint <= r.shape[^1]; breakpoint++)
        {
            using var iteration = NewDisposeScope();
            var free = r > λ;
            var slope = where(free, a, none).sum(-1, keepdim: true);
            var remainder = c - where(free, none, full).sum(-1, keepdim: true);
            var next = where(slope > 0, remainder / slope, all).maximum(λ);
            if (!(next > λ).any().item<bool>()) break;
            λ = next.MoveToOuterDisposeScope();
        }
        return λ.MoveToOuterDisposeScope();
    }
}
