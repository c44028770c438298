namespace Arow.Attacks;

/// <summary>Where the published code of FAB departs from the algorithm: here the algorithm, in <see cref="PublishedFabRules"/> the code.</summary>
internal abstract class FabRules
{
    private static readonly FabRules Corrected = new Algorithm(), Published = new PublishedFabRules();

    /// <summary>The rules of a fidelity.</summary>
    public static FabRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Whether an image is done as soon as it is misclassified within ε.</summary>
    public virtual bool StopsWithinEpsilon => true;

    /// <summary>The classes, likeliest last and the true one after them: [N, K], int64.</summary>
    /// <param name="z">[N, K].</param>
    /// <param name="y">[N], the true classes.</param>
    public virtual Tensor ByLikelihood(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        var certain = full([y.shape[0], 1], double.PositiveInfinity, z.dtype, z.device);
        return z.scatter(1, y.unsqueeze(1), certain).sort(dim: 1).Indices.MoveToOuterDisposeScope();
    }

    /// <summary>The boundary as a step uses it: the same whatever the scale of the logits.</summary>
    public virtual FabBoundary Scale(FabBoundary boundary) => boundary.Scaled();

    /// <summary>The shortest ways from points to hyperplanes within the box: [2, N, n].</summary>
    /// <param name="norm">In which norm.</param>
    /// <param name="points">[2, N, n].</param>
    /// <param name="w">[N, n], normals.</param>
    /// <param name="b">[N], offsets.</param>
    public virtual Tensor Shortest(Norm norm, Tensor points, Tensor w, Tensor b) => HyperplaneProjection.Shortest(norm, points, w, b);

    /// <summary>What comes back of an image whose nearest adversarial image is farther than ε.</summary>
    /// <param name="threat">The ball.</param>
    /// <param name="found">The nearest adversarial images.</param>
    /// <param name="x">The originals.</param>
    public virtual Tensor BeyondEpsilon(ThreatModel threat, Tensor found, Tensor x) => threat.Project(found, x);

    private sealed class Algorithm : FabRules;
}
