namespace Arow.Attacks;

/// <summary>
/// The elastic-net attack (Chen, Sharma, Zhang, Yi, Hsieh 2018). It minimises c · max(z_y − max_{k ≠ y} z_k, −κ) +
/// ‖x' − x‖₂² + β‖x' − x‖₁ by gradient steps on the smooth part, each followed by the soft threshold S_β (ISTA), with
/// momentum (FISTA). Each sample has its own c, the least that yields a misclassified image. The attack returns images
/// of the L1 ball: the nearest misclassified image if it is within ε, its projection otherwise. Images misclassified
/// from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L1.</param>
/// <param name="Steps">Steps for each c, at least 1; 1000 as published.</param>
public sealed record ElasticNet(ThreatModel Threat, int Steps = 1000) : IAttack
{
    /// <inheritdoc/>
    public ThreatModel Threat { get; } = SupportedNorms.Require("ead", Threat, Norm.L1);

    /// <summary>How the nearest misclassified image is selected; by default in L1, the norm of the threat model.</summary>
    public DecisionRule Rule { get; init; } = DecisionRule.L1;

    /// <summary>β ≥ 0, the weight of the L1 norm and the threshold of a pixel's change; 0.001 as published.</summary>
    public double Shrinkage { get; init; } = 1e-3;

    /// <summary>Number of values of c for each sample, at least 1; 9 as published.</summary>
    public int BinarySearchSteps { get; init; } = 9;

    /// <summary>The first c, above 0; 0.001 as published.</summary>
    public double InitialConstant { get; init; } = 1e-3;

    /// <summary>Learning rate of the first step, above 0; it decreases with the square root of the remaining steps. 0.01 as published.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>κ ≥ 0, the margin by which the wrong class must win; 0 as published.</summary>
    public double Confidence { get; init; }

    /// <summary>Whether to use momentum (FISTA, as published) or not (ISTA).</summary>
    public bool Accelerated { get; init; } = true;

    /// <summary>
    /// Whether to abandon a c for a sample whose loss has not decreased by 0.01 % within a tenth of the steps, as published.
    /// The published code decides this for the whole batch, so that samples would depend on each other.
    /// </summary>
    public bool AbortEarly { get; init; } = true;

    /// <summary>
    /// Whether to continue once a misclassified image within ε is found: for users who want the smallest perturbation (with
    /// a large ε), not only whether ε suffices.
    /// </summary>
    public bool MinimizePerturbation { get; init; }

    /// <inheritdoc/>
    public string Name => "ead";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 4L * Steps * BinarySearchSteps;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) =>
        new ConstantSearch(Threat, Steps, BinarySearchSteps, InitialConstant, Confidence, AbortEarly, MinimizePerturbation)
            .Run(f, x, y, origin => new Descent(this, origin, origin.clone(), origin.clone()));

    /// <summary>S_β: reduces the size of every pixel's change by β, to no less than zero, in the box.</summary>
    private Tensor SoftThreshold(Tensor z, Tensor x)
    {
        var change = z - x;
        return (x + change.sign() * (change.abs() - Shrinkage).clamp_min(0)).clamp(0, 1);
    }

    /// <summary>β‖δ‖₁ + ‖δ‖₂²: [N], float64.</summary>
    private Tensor ElasticNetDistance(Tensor δ)
    {
        var exact = δ.to(ScalarType.Float64);
        return Shrinkage * exact.abs().sum([1, 2, 3]) + exact.square().sum([1, 2, 3]);
    }

    /// <summary>The state of (F)ISTA.</summary>
    /// <param name="Attack">The constants.</param>
    /// <param name="X">The images.</param>
    /// <param name="Previous">The result of the last step.</param>
    /// <param name="Lookahead">The start of the next step, with momentum.</param>
    private sealed record Descent(ElasticNet Attack, Tensor X, Tensor Previous, Tensor Lookahead) : IDescent
    {
        public (Tensor Tried, Tensor Z, Tensor Loss) Step(Classifier f, Criterion weightedLoss, int step)
        {
            var (_, excess, g) = InputGradient.Evaluate(f, weightedLoss, Lookahead);
            var change = Lookahead - X;
            var rate = Attack.LearningRate * Math.Sqrt(1 - (double)step / Attack.Steps);
            var xAdv = Attack.SoftThreshold(Lookahead - rate * (g + 2 * change), X);
            Lookahead.copy_(Attack.Accelerated ? xAdv + step / (step + 3.0) * (xAdv - Previous) : xAdv);
            Previous.copy_(xAdv);
            return (xAdv, f(xAdv), excess + change.square().sum([1, 2, 3]));
        }

        public Tensor? Distance(Tensor candidates) => Attack.Rule == DecisionRule.L1 ? null : Attack.ElasticNetDistance(candidates - X);

        public IDescent Select(Func<Tensor, Tensor> select) => new Descent(Attack, select(X), select(Previous), select(Lookahead));
    }
}
