namespace Arow.Attacks;

/// <summary>The pattern of a window: two pyramids of opposite signs, one above the other, with norm one together.</summary>
internal static class SquarePyramid
{
    /// <summary>Computes the pattern, [side, side]; the lower half is larger if the side is odd.</summary>
    /// <param name="norm">L2 or L1: L1's pyramids are steeper.</param>
    /// <param name="side">At least 1.</param>
    /// <param name="like">Gives type and device of the result.</param>
    public static Tensor Create(Norm norm, int side, Tensor like)
    {
        using var scope = NewDisposeScope();
        var upper = Unit(norm, Half(norm, side / 2, side, like));
        var lower = Unit(norm, Half(norm, side - side / 2, side, like));
        return Unit(norm, cat([upper, -lower], dim: 0)).MoveToOuterDisposeScope();
    }

    /// <summary>Σ_k (k + 1)^−q over k from a position's distance to the peak, q = 2 for L2 and 4 for L1.</summary>
    private static Tensor Half(Norm norm, int height, int width, Tensor like)
    {
        var (row, column) = (height / 2, width / 2);
        var levels = Math.Max(row, column) + 1;
        var rows = (arange(height, device: like.device) - row).abs().unsqueeze(1);
        var columns = (arange(width, device: like.device) - column).abs().unsqueeze(0);
        var distance = rows.maximum(columns);
        var values = zeros([height, width], like.dtype, like.device);
        // Term by term, so that the sum rounds as the published sum.
        for (var k = 0; k < levels; k++) values += (distance <= k).to(like.dtype) * Math.Pow(k + 1, norm == Norm.L2 ? -2 : -4);
        return values;
    }

    private static Tensor Unit(Norm norm, Tensor values) => values / VectorNorm.Compute(norm, values.flatten());
}
