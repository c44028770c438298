namespace Arow.Attacks;

/// <summary>L∞: starts with vertical stripes of ±ε, then proposes squares of one sign for each channel.</summary>
/// <param name="ε">The radius.</param>
/// <param name="rules">The rules of the algorithm or of the published code.</param>
internal sealed class SquareSigns(double ε, SquareRules rules) : ISquareProposals
{
    public Tensor Begin(Tensor x, Noise noise)
    {
        using var scope = NewDisposeScope();
        var stripes = (2 * noise.Uniform(x[.., .., ..1, ..]) - 1).sign();
        return (x + ε * stripes).clamp(0, 1).MoveToOuterDisposeScope();
    }

    public Tensor Propose(Tensor x, Tensor best, double share, Noise noise, long query)
    {
        using var scope = NewDisposeScope();
        var (channels, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        var side = (int)Math.Min(SquareSize.Side(x, share, minimum: 1), Math.Min(h, w));
        var (u, _) = noise.Pattern(x, shared: 2 + (int)channels, own: 0, query);
        var rows = Covers(rules.FirstPosition(u[.., 0], h, side), h, side).reshape(-1, 1, h, 1);
        var columns = Covers(rules.FirstPosition(u[.., 1], w, side), w, side).reshape(-1, 1, 1, w);
        var signs = (2 * u[.., 2..] - 1).sign().reshape(-1, channels, 1, 1);

        var δ = 2 * ε * signs * (rows & columns);
        return (best + δ).maximum(x - ε).minimum(x + ε).clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>[M, length], bool: the positions that a square covers.</summary>
    private static Tensor Covers(Tensor first, long length, int side)
    {
        var from = arange(length, device: first.device) - first.unsqueeze(1);
        return (from >= 0) & (from < side);
    }
}
