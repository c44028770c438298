namespace Arow.Attacks;

/// <summary>What it does, and where it was published. Here: steps along the gradient from a random start.</summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Steps">At least 1.</param>
public sealed record MyAttack(ThreatModel Threat, int Steps) : IAttack
{
    /// <inheritdoc/>
    public string Name => "my-attack";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Steps;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var criterion = AttackLoss.CrossEntropy.Bind(f, x, y);
        var xAdv = Threat.StartPoint(x, Start.Uniform, noise);
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var g = InputGradient.Compute(f, criterion, xAdv);
            xAdv.copy_(Threat.Project(Threat.Step(xAdv, g, Threat.Epsilon / 4), x));
        }
        return xAdv.MoveToOuterDisposeScope();
    }
}
