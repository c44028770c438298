namespace Arow.Attacks;

/// <summary>APGD as its published code has it.</summary>
internal sealed class PublishedApgdRules : ApgdRules
{
    /// <summary>The last misclassified point comes back, and the clean image where there is none.</summary>
    public override Tensor IsBetter(Tensor misclassified, Tensor margin, Tensor least) => misclassified;

    /// <summary>It compares the first step not with the start but with index −1 of its record, a row still zero.</summary>
    public override Tensor ValuesBefore(Tensor values) => zeros_like(values);

    /// <summary>
    /// It works the projection out in the images' precision, where pixels that should come back to x come near it, and counts those among the changed.
    /// </summary>
    public override Tensor ProjectL1(ThreatModel threat, Tensor x, Tensor z, Tensor d) => z + L1Projection.Correction(d, x, threat.Epsilon);

    /// <summary>It draws a start here and does not use it.</summary>
    public override void BeginBall(Tensor x, Noise noise) => noise.Normal(x);
}
