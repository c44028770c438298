namespace Arow.Attacks;

/// <summary>
/// Projected gradient ascent (Madry et al. 2018): from a start in the ball, steps of fixed length along the gradient of
/// the loss, each followed by the projection. It returns the last iterate, as published attacks do.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Loss">The loss that is maximised.</param>
/// <param name="Steps">Number of steps, at least 1.</param>
/// <param name="StepSize">Length of a step in the norm of the threat model; ε/4 in ARoW and its evaluation.</param>
/// <param name="Start">The start of each restart.</param>
/// <param name="Restarts">At least 1. A sample keeps the result of the first restart that misclassifies it.</param>
/// <example>
/// <code>
/// var attack = Pgd.Standard(ThreatModel.Default, steps: 20, restarts: 5);
/// </code>
/// </example>
public sealed record Pgd(ThreatModel Threat, AttackLoss Loss, int Steps, double StepSize, Start Start, int Restarts = 1)
    : ICountingAttack
{
    /// <inheritdoc/>
    public string Name { get; init; } =
        Loss == AttackLoss.CrossEntropy ? $"pgd{Steps}" : $"pgd{Steps}-{Loss.Name}";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <summary>
    /// τ ≥ 0: a sample stops when it has been misclassified at τ earlier points and is again (FAT, Zhang et al. 2020);
    /// null to take all steps.
    /// </summary>
    public int? Tau { get; init; }

    /// <summary>Creates PGD with the step size ε/4 and the uniform start that ARoW uses in training and evaluation.</summary>
    public static Pgd Standard(ThreatModel threat, int steps, AttackLoss? loss = null, int restarts = 1) =>
        new(threat, loss ?? AttackLoss.CrossEntropy, steps, threat.Epsilon / 4, Start.Uniform, restarts);

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Steps * Restarts;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var xAdv = RunFromStart(f, x, y, noise.Stream(0));
        for (var restart = 1; restart < Restarts; restart++)
        {
            using var iteration = NewDisposeScope();
            var robust = CorrectlyClassified.Find(f, xAdv, y);
            if (robust.shape[0] == 0) break;
            var retried = RunFromStart(
                f, x.index_select(0, robust), y.index_select(0, robust), noise.Stream(restart).Rows(robust));
            xAdv.index_copy_(0, robust, retried);
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public (Tensor XAdv, Tensor Withstood) PerturbAndCount(Classifier f, Tensor x, Tensor y, Noise noise) =>
        EarlyStoppedPgd.Run(this, f, x, y, noise.Stream(0));

    private Tensor RunFromStart(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        if (Tau is not null) return EarlyStoppedPgd.Run(this, f, x, y, noise).XAdv.MoveToOuterDisposeScope();
        var criterion = Loss.Bind(f, x, y);
        var xAdv = Threat.StartPoint(x, Start, noise);
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var g = InputGradient.Compute(f, criterion, xAdv);
            xAdv.copy_(Threat.Project(Threat.Step(xAdv, g, StepSize), x));
        }
        return xAdv.MoveToOuterDisposeScope();
    }
}
