namespace Arow.Attacks;

/// <summary>Square as its published code has it.</summary>
internal sealed class PublishedSquareRules : SquareRules
{
    /// <summary>An image that could not be turned comes back as it was.</summary>
    public override bool ReturnsBestFailure => false;

    /// <summary>A tie at the top ends the search, whoever wins it.</summary>
    public override Tensor GoesOn(Tensor margin) => margin > 0;

    /// <summary>The last place is never drawn.</summary>
    public override Tensor Place(Tensor u, long length, int side)
    {
        using var scope = NewDisposeScope();
        return (u * (length - side)).to(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>The tiles begin at a margin meant for five, and a row or column of them may lie beyond the image.</summary>
    public override (long First, long Down, long Across) Tiles(long h, long w, int side) => (Math.Max((h - 5 * side) / 2, 0), h / side, w / side);

    /// <summary>In the images' own precision.</summary>
    public override Tensor ProjectL1(Tensor x, Tensor δ, double ε) => x + δ + L1Projection.Correction(δ, x, ε);
}
