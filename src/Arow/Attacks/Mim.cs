namespace Arow.Attacks;

/// <summary>
/// The momentum iterative method (Dong et al. 2018): from the image itself, steps of ε/Steps along a running sum of the
/// cross-entropy's gradients, each normalised in L1 and earlier ones decayed by μ: m ← μ m + g / ‖g‖₁. The published
/// attack is for L∞; in L2 and L1 the step is that of PGD.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Steps">Number of steps, at least 1; 10 as published.</param>
public sealed record Mim(ThreatModel Threat, int Steps = 10) : IAttack
{
    /// <summary>μ, in [0, 1]: the decay of the momentum; 1 as published, 0 for no momentum.</summary>
    public double Decay { get; init; } = 1;

    /// <inheritdoc/>
    public string Name => "mim";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Steps;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var criterion = AttackLoss.CrossEntropy.Bind(f, x, y);
        var (xAdv, momentum) = (x.clone(), zeros_like(x));
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var g = InputGradient.Compute(f, criterion, xAdv);
            momentum.mul_(Decay).add_(g / g.abs().sum([1, 2, 3], keepdim: true).clamp_min(1e-30));
            xAdv.copy_(Threat.Project(Threat.Step(xAdv, momentum, Threat.Epsilon / Steps), x));
        }
        return xAdv.MoveToOuterDisposeScope();
    }
}
