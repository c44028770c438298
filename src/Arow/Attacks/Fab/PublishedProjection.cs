namespace Arow.Attacks;

/// <summary>
/// <see cref="HyperplaneProjection"/> in the published order of operations, to reproduce the rounding of the published
/// code: over FAB's hundred steps a difference in the last digit becomes visible and sometimes changes which images are
/// broken. Sums are cumulative over the sorted pixels.
/// </summary>
internal static class PublishedProjection
{
    /// <summary>Stands for infinity in the published code.</summary>
    private const double Infinity = 1e12;

    /// <summary>See <see cref="HyperplaneProjection.Shortest"/>.</summary>
    /// <param name="norm">The norm of the vector.</param>
    /// <param name="t">[N, n], points of the box.</param>
    /// <param name="w">[N, n], normals.</param>
    /// <param name="b">[N], offsets.</param>
    public static Tensor Shortest(Norm norm, Tensor t, Tensor w, Tensor b)
    {
        using var scope = NewDisposeScope();
        var gap = (w * t).sum(1) - b;
        var sign = (2 * (gap >= 0).to(w.dtype) - 1).unsqueeze(1);
        w = w * sign;
        var c = gap.abs().unsqueeze(1);
        var d = norm switch
        {
            Norm.Linf => Linf(t, w, c),
            Norm.L2 => L2(t, w, c),
            _ => L1(t, w, c),
        };
        return d.MoveToOuterDisposeScope();
    }

    private static Tensor Linf(Tensor t, Tensor w, Tensor c)
    {
        var upwards = (w < 0).to(w.dtype);
        var farthest = (upwards - t) * (w != 0);
        var room = upwards - t * (2 * upwards - 1);
        var order = room.argsort(dim: 1).flip(1);
        var (widest, ws) = (room.gather(1, order), w.gather(1, order));

        // From the widest room on: the slope, and what remains for the narrower pixels once the wider are at the side of the box.
        var slope = ws.abs().cumsum(1);
        var all = (w * farthest).sum(1, keepdim: true);
        var rest = (-ws * farthest.gather(1, order)).cumsum(1) + all;
        var last = LastIndex(-c - (rest - slope * widest) > 0);
        var λ = ((-c - rest.gather(1, last)) / -slope.gather(1, last)).clamp_min(0);
        var d = λ.minimum(farthest) * upwards + (-λ).maximum(farthest) * (1 - upwards);
        return where(-c - all > 0, d, farthest) * (w != 0);
    }

    private static Tensor L2(Tensor t, Tensor w, Tensor c)
    {
        var weighs = w.abs() > HyperplaneProjection.Negligible;
        var reach = (t / w).maximum((t - 1) / w).clamp(-Infinity, Infinity);
        reach = reach.masked_fill(w.abs() < HyperplaneProjection.Negligible, Infinity);
        reach = reach.masked_fill(reach == -Infinity, Infinity);
        var (nearest, order) = reach.sort(dim: 1);
        var next = cat([nearest[.., 1..], zeros_like(c)], dim: 1);
        nearest = nearest.masked_fill(nearest == Infinity, 0);
        next = next.masked_fill(next == Infinity, 0);

        var squares = w.square().gather(1, order);
        var sum = squares.sum(1, keepdim: true);
        var open = sum - squares.cumsum(1);
        var farthest = -(reach * w) * weighs;
        var first = -sum * nearest[.., ..1];
        var gained = cat([first, ((nearest - next) * open).cumsum(1) + first], dim: 1);

        var last = LastIndex(gained[.., ..^1] + c > 0);
        var slope = open.gather(1, last);
        var λ = (gained.gather(1, last) + c) / slope + nearest.gather(1, last);
        λ = where(slope == 0, zeros_like(λ), λ);
        var d = where(λ > reach, farthest, -λ * w);
        d = where((farthest * w).sum(1, keepdim: true) + c > 0, farthest, d);
        d = where(first + c < 0, -(c / sum) * w, d);
        return d * weighs;
    }

    private static Tensor L1(Tensor t, Tensor w, Tensor c)
    {
        var order = (1 / w).abs().clamp_max(Infinity).argsort(dim: 1);
        var rank = order.argsort(dim: 1);
        var farthest = ((w < 0).to(w.dtype) - t) * (w != 0);
        var gained = cat([c, (-w * t).minimum(w * (1 - t)).gather(1, order)], dim: 1).cumsum(1);

        var last = LastIndex(gained[.., ..^1] > 0);
        var place = order.gather(1, last);
        var part = farthest * (rank < last);
        part = part.scatter(1, place, -gained.gather(1, last) / w.gather(1, place));
        return where(gained[.., ^1..] < 0, part, farthest) * (w.abs() > HyperplaneProjection.Negligible);
    }

    /// <summary>Returns the last index at which a decreasing sequence is still above: [N, 1].</summary>
    private static Tensor LastIndex(Tensor above) => (above.to(ScalarType.Int64).sum(1, keepdim: true) - 1).clamp_min(0);
}
