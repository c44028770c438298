namespace Arow.Attacks;

/// <summary>
/// The fast gradient sign method (Goodfellow, Shlens, Szegedy 2015): one step of length ε along the gradient of the
/// cross-entropy, in any norm.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
public sealed record Fgsm(ThreatModel Threat) : IAttack
{
    /// <inheritdoc/>
    public string Name => "fgsm";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var g = InputGradient.Compute(f, AttackLoss.CrossEntropy.Bind(f, x, y), x);
        return Threat.Project(Threat.Step(x, g, Threat.Epsilon), x).MoveToOuterDisposeScope();
    }
}
