namespace Arow.Attacks;

/// <summary>
/// L2 and L1: squares of two pyramids of opposite signs. A query clears the perturbation of one window and adds a
/// pyramid to another, with the norm that this frees.
/// </summary>
/// <param name="threat">L2 or L1.</param>
/// <param name="rules">The rules of the algorithm or of the published code.</param>
internal sealed class SquarePyramids(ThreatModel threat, SquareRules rules) : ISquareProposals
{
    /// <summary>Keeps quotients finite where the perturbation is zero.</summary>
    private const double Tiny = 1e-12;

    private readonly Dictionary<int, double[]> pyramidCache = [];

    public Tensor Begin(Tensor x, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (channels, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        // Tiles of a fifth of the height.
        var side = (int)Math.Max(h / 5, 1);
        var (first, down, across) = rules.Tiles(h, w, side);
        var δ = zeros_like(x);
        for (var tile = 0; tile < down * across; tile++)
        {
            using var placing = NewDisposeScope();
            var (orientation, signs) = noise.Pattern(x, shared: 1, own: (int)channels, tile);
            var (top, left) = (first + tile / across * side, first + tile % across * side);
            var (height, width) = (Math.Min(side, h - top), Math.Min(side, w - left));
            if (height <= 0 || width <= 0) continue;
            var pyramids = Pyramids(x, side, orientation).reshape(-1, 1, side, side) * Signs(signs).unsqueeze(-1);
            δ.narrow(2, top, height).narrow(3, left, width).add_(pyramids.narrow(2, 0, height).narrow(3, 0, width));
        }
        return ToImage(x, δ).MoveToOuterDisposeScope();
    }

    public Tensor Propose(Tensor x, Tensor best, double share, Noise noise, long query)
    {
        using var scope = NewDisposeScope();
        var (channels, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        var side = (int)Math.Min(SquareSize.Side(x, share, minimum: 3) | 1, Math.Min(h, w));
        var (u, signs) = noise.Pattern(x, shared: 5, own: (int)channels, query);
        var (gainingWindow, clearedWindow) = (Window(x, u[.., ..2], side), Window(x, u[.., 2..4], side));

        var δ = (best - x).flatten(2);
        var old = δ.gather(2, gainingWindow);
        var cleared = δ.scatter(2, gainingWindow, zeros_like(old)).scatter(2, clearedWindow, zeros_like(old));
        var pattern = Pyramids(x, side, u[.., 4..]) * Signs(signs) + old / (Tiny + RowNorm(old));
        var size = WindowNorm(RowNorm(δ.flatten(1).unsqueeze(1)), RowNorm(δ - cleared), channels);
        return ToImage(x, cleared.scatter(2, gainingWindow, pattern / (Tiny + RowNorm(pattern)) * size)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the norm of each channel's new window: the norm of both windows and its share of the part of ε that the
    /// image has not used yet.
    /// </summary>
    /// <param name="used">[N, 1, 1].</param>
    /// <param name="both">[N, C, 1].</param>
    /// <param name="channels">C.</param>
    private Tensor WindowNorm(Tensor used, Tensor both, long channels)
    {
        var ε = threat.Epsilon;
        return threat.Norm == Norm.L2
            ? VectorNorm.Sqrt((ε * ε - used.square()).clamp_min(0) / channels + both.square())
            : ((ε - used).clamp_min(0) / channels + both) * channels;
    }

    /// <summary>Computes the image of a perturbation δ [N, C, H·W]: scaled to ε in L2, then clamped to the box; projected in L1.</summary>
    private Tensor ToImage(Tensor x, Tensor δ)
    {
        δ = δ.reshape(x.shape);
        if (threat.Norm == Norm.L2)
            return (x + δ / (RowNorm(δ.flatten(1)).reshape(-1, 1, 1, 1) + Tiny) * threat.Epsilon).clamp(0, 1);

        // Slightly less than ε, as published, for the rounding of the projection. The remainders that it leaves in pixels that
        // should return to x grow into patterns, as Propose divides by them: published runs depend on it.
        var ε = threat.Epsilon * (1 - 1e-6);
        return rules.ProjectL1(x, δ, ε);
    }

    /// <summary>[N, C, side²], int64: the positions of each sample's window, the same in all channels.</summary>
    private Tensor Window(Tensor x, Tensor u, int side)
    {
        var (h, w) = (x.shape[2], x.shape[3]);
        var offsets = arange(side, device: x.device);
        var rows = rules.FirstPosition(u[.., 0], h, side).reshape(-1, 1, 1) + offsets.unsqueeze(1);
        var columns = rules.FirstPosition(u[.., 1], w, side).reshape(-1, 1, 1) + offsets.unsqueeze(0);
        return (rows * w + columns).reshape(-1, 1, side * side).expand(x.shape[0], x.shape[1], side * side);
    }

    /// <summary>[M, 1, side²]: the pyramids, transposed or not according to the numbers [M, 1].</summary>
    private Tensor Pyramids(Tensor x, int side, Tensor u)
    {
        if (!pyramidCache.TryGetValue(side, out var numbers))
        {
            using var building = NewDisposeScope();
            var built = SquarePyramid.Create(threat.Norm, side, x).to(ScalarType.Float64).cpu();
            pyramidCache[side] = numbers = built.data<double>().ToArray();
        }
        var upright = tensor(numbers, x.dtype, x.device).reshape(side, side);
        var both = stack([upright, upright.T]).reshape(2, 1, side * side);
        return both.index_select(0, (u > 0.5).to(ScalarType.Int64).flatten());
    }

    private static Tensor Signs(Tensor u) => (2 * u - 1).sign().unsqueeze(-1);

    /// <summary>The norm over the last dimension, which is kept.</summary>
    private Tensor RowNorm(Tensor v) => VectorNorm.Compute(threat.Norm, v).unsqueeze(-1);
}
