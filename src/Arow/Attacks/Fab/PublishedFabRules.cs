namespace Arow.Attacks;

/// <summary>The rules of FAB in its published code.</summary>
internal sealed class PublishedFabRules : FabRules
{
    /// <summary>The published code runs all steps on every image.</summary>
    public override bool StopsWithinEpsilon => false;

    /// <summary>The published code resolves ties by the order of the classes.</summary>
    public override Tensor SortByLogit(Tensor z, Tensor y) => z.sort(dim: 1).Indices;

    /// <summary>The published code does not scale the logits.</summary>
    public override FabBoundary Scale(FabBoundary boundary) => boundary;

    /// <summary>See <see cref="PublishedProjection"/>.</summary>
    public override Tensor ShortestVectors(Norm norm, Tensor points, Tensor w, Tensor b) =>
        PublishedProjection.Shortest(norm, points.flatten(0, 1), w.repeat(2, 1), b.repeat(2)).reshape(points.shape);

    /// <summary>The published code returns the original.</summary>
    public override Tensor ResultBeyondEpsilon(ThreatModel threat, Tensor found, Tensor x) => x;
}
