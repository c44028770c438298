namespace Arow.Attacks;

/// <summary>
/// The details in which the published code of FAB deviates from the algorithm. This class follows the algorithm,
/// <see cref="PublishedFabRules"/> the code.
/// </summary>
internal abstract class FabRules
{
    private static readonly FabRules Corrected = new Algorithm(), Published = new PublishedFabRules();

    /// <summary>Returns the rules of a fidelity.</summary>
    public static FabRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Whether an image is finished once it is misclassified within ε.</summary>
    public virtual bool StopsWithinEpsilon => true;

    /// <summary>Sorts the classes by increasing logit, with the true class last: [N, K], int64.</summary>
    /// <param name="z">[N, K].</param>
    /// <param name="y">[N], the true classes.</param>
    public virtual Tensor SortByLogit(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        var certain = full([y.shape[0], 1], double.PositiveInfinity, z.dtype, z.device);
        return z.scatter(1, y.unsqueeze(1), certain).sort(dim: 1).Indices.MoveToOuterDisposeScope();
    }

    /// <summary>Scales a boundary so that it does not depend on the scale of the logits.</summary>
    public virtual FabBoundary Scale(FabBoundary boundary) => boundary.Scaled();

    /// <summary>Computes the shortest vectors from points to hyperplanes within the box: [2, N, n].</summary>
    /// <param name="norm">The norm of the vectors.</param>
    /// <param name="points">[2, N, n].</param>
    /// <param name="w">[N, n], normals.</param>
    /// <param name="b">[N], offsets.</param>
    public virtual Tensor ShortestVectors(Norm norm, Tensor points, Tensor w, Tensor b) => HyperplaneProjection.Shortest(norm, points, w, b);

    /// <summary>Returns the result for images whose nearest adversarial image is farther than ε.</summary>
    /// <param name="threat">The ball.</param>
    /// <param name="found">The nearest adversarial images.</param>
    /// <param name="x">The originals.</param>
    public virtual Tensor ResultBeyondEpsilon(ThreatModel threat, Tensor found, Tensor x) => threat.Project(found, x);

    private sealed class Algorithm : FabRules;
}
