namespace Arow.Attacks;

/// <summary>Where the published code of Square departs from the algorithm: here the algorithm, in <see cref="PublishedSquareRules"/> the code.</summary>
internal abstract class SquareRules
{
    private static readonly SquareRules Corrected = new Algorithm(), Published = new PublishedSquareRules();

    /// <summary>The rules of a fidelity.</summary>
    public static SquareRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Whether the first restart's image comes back even if it is correctly classified: it has the least margin met.</summary>
    public virtual bool ReturnsBestFailure => true;

    /// <summary>Which samples are still searched on: [N], bool. A tie at the top is no win.</summary>
    /// <param name="margin">[N].</param>
    public virtual Tensor GoesOn(Tensor margin) => margin >= 0;

    /// <summary>The first of <paramref name="length"/> places that a square of <paramref name="side"/> takes: [M], int64.</summary>
    /// <param name="u">[M], uniform on [0, 1).</param>
    /// <param name="length">Of the image.</param>
    /// <param name="side">Of the square.</param>
    public virtual Tensor Place(Tensor u, long length, int side)
    {
        using var scope = NewDisposeScope();
        var last = length - side;
        return (u * (last + 1)).clamp_max(last).to(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>The first row and column of the tiles of the first perturbation in L2 and L1, and how many there are down and across: they cover all of the image.</summary>
    /// <param name="h">Rows of the image.</param>
    /// <param name="w">Its columns.</param>
    /// <param name="side">Of a tile.</param>
    public virtual (long First, long Down, long Across) Tiles(long h, long w, int side) => (0, (h + side - 1) / side, (w + side - 1) / side);

    /// <summary>The projection of x + δ onto the L1 ball and the box.</summary>
    public virtual Tensor ProjectL1(Tensor x, Tensor δ, double ε) => (x + L1Projection.OntoBallAndBox(δ, x, ε)).clamp(0, 1);

    private sealed class Algorithm : SquareRules;
}
