namespace Arow.Attacks;

/// <summary>The rules of Square in its published code.</summary>
internal sealed class PublishedSquareRules : SquareRules
{
    /// <summary>The original is returned for images that are not broken.</summary>
    public override bool ReturnsBestFailure => false;

    /// <summary>A tie at the top ends the search, whichever class is predicted.</summary>
    public override Tensor IsActive(Tensor margin) => margin > 0;

    /// <summary>The last position is never drawn.</summary>
    public override Tensor FirstPosition(Tensor u, long length, int side)
    {
        using var scope = NewDisposeScope();
        return (u * (length - side)).to(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>The tiles start at an offset meant for five, and a row or column of them may lie outside the image.</summary>
    public override (long First, long Down, long Across) Tiles(long h, long w, int side) => (Math.Max((h - 5 * side) / 2, 0), h / side, w / side);

    /// <summary>The projection runs in the precision of the images.</summary>
    public override Tensor ProjectL1(Tensor x, Tensor δ, double ε) => x + δ + L1Projection.Correction(δ, x, ε);
}
