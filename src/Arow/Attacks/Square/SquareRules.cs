namespace Arow.Attacks;

/// <summary>
/// The details in which the published code of Square deviates from the algorithm. This class follows the algorithm,
/// <see cref="PublishedSquareRules"/> the code.
/// </summary>
internal abstract class SquareRules
{
    private static readonly SquareRules Corrected = new Algorithm(), Published = new PublishedSquareRules();

    /// <summary>Returns the rules of a fidelity.</summary>
    public static SquareRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Whether the first restart's image is returned even if it is correctly classified: it has the lowest margin.</summary>
    public virtual bool ReturnsBestFailure => true;

    /// <summary>Returns which samples the search continues on: [N], bool. A tie at the top is not misclassified.</summary>
    /// <param name="margin">[N].</param>
    public virtual Tensor IsActive(Tensor margin) => margin >= 0;

    /// <summary>Returns the first of <paramref name="length"/> positions that a square of <paramref name="side"/> covers: [M], int64.</summary>
    /// <param name="u">[M], uniform on [0, 1).</param>
    /// <param name="length">The length of the image.</param>
    /// <param name="side">The side of the square.</param>
    public virtual Tensor FirstPosition(Tensor u, long length, int side)
    {
        using var scope = NewDisposeScope();
        var last = length - side;
        return (u * (last + 1)).clamp_max(last).to(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Returns the first row and column of the tiles of the first perturbation in L2 and L1, and their numbers down and
    /// across. The tiles cover the whole image.
    /// </summary>
    /// <param name="h">Rows of the image.</param>
    /// <param name="w">Columns of the image.</param>
    /// <param name="side">The side of a tile.</param>
    public virtual (long First, long Down, long Across) Tiles(long h, long w, int side) => (0, (h + side - 1) / side, (w + side - 1) / side);

    /// <summary>Projects x + δ onto the L1 ball and the box.</summary>
    public virtual Tensor ProjectL1(Tensor x, Tensor δ, double ε) => (x + L1Projection.OntoBallAndBox(δ, x, ε)).clamp(0, 1);

    private sealed class Algorithm : SquareRules;
}
