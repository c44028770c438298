namespace Arow.Attacks;

/// <summary>FAB as its published code has it.</summary>
internal sealed class PublishedFabRules : FabRules
{
    /// <summary>It works on every image to the last step.</summary>
    public override bool StopsWithinEpsilon => false;

    /// <summary>It leaves a tie at the top to the order of the classes.</summary>
    public override Tensor ByLikelihood(Tensor z, Tensor y) => z.sort(dim: 1).Indices;

    /// <summary>It takes the logits as they are.</summary>
    public override FabBoundary Scale(FabBoundary boundary) => boundary;

    /// <summary>See <see cref="PublishedProjection"/>.</summary>
    public override Tensor Shortest(Norm norm, Tensor points, Tensor w, Tensor b) =>
        PublishedProjection.Shortest(norm, points.flatten(0, 1), w.repeat(2, 1), b.repeat(2)).reshape(points.shape);

    /// <summary>The original comes back.</summary>
    public override Tensor BeyondEpsilon(ThreatModel threat, Tensor found, Tensor x) => x;
}
