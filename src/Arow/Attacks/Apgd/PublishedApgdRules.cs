namespace Arow.Attacks;

/// <summary>The rules of APGD in its published code.</summary>
internal sealed class PublishedApgdRules : ApgdRules
{
    /// <summary>The result is the last misclassified point, or the clean image where there is none.</summary>
    public override Tensor IsBetter(Tensor misclassified, Tensor margin, Tensor lowest) => misclassified;

    /// <summary>The published code compares the first step with index −1 of its record, a row that is still zero, not with the start.</summary>
    public override Tensor InitialLoss(Tensor loss) => zeros_like(loss);

    /// <summary>
    /// The published code projects in the precision of the images: pixels that should return to x only come near it, and
    /// count as changed.
    /// </summary>
    public override Tensor ProjectL1(ThreatModel threat, Tensor x, Tensor z, Tensor d) => z + L1Projection.Correction(d, x, threat.Epsilon);

    /// <summary>The published code draws a start here and does not use it.</summary>
    public override void BeginBall(Tensor x, Noise noise) => noise.Normal(x);
}
