namespace Arow.Attacks;

/// <summary>
/// The elastic-net attack (Chen, Sharma, Zhang, Yi, Hsieh 2018): it lowers c · max(z_y − max_{k ≠ y} z_k, −κ) +
/// ‖x' − x‖₂² + β‖x' − x‖₁ by gradient steps on the smooth part, each followed by S_β, which takes every pixel's change
/// back by β and cuts to nothing what is smaller (ISTA), with momentum (FISTA). Each sample has its own c, the least that
/// has it misclassified. Images of the L1 ball are returned: the nearest misclassified one where ε allows it, and its
/// projection where it does not. Images misclassified from the start are returned as they are.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L1.</param>
/// <param name="Steps">Steps for each c, at least 1; 1000 as published.</param>
public sealed record ElasticNet(ThreatModel Threat, int Steps = 1000) : IAttack
{
    /// <inheritdoc/>
    public ThreatModel Threat { get; } = NativeNorms.Of("ead", Threat, Norm.L1);

    /// <summary>Which misclassified image is the nearest; L1 as the threat model has it.</summary>
    public DecisionRule Rule { get; init; } = DecisionRule.L1;

    /// <summary>β ≥ 0, the weight of the L1 norm, and the change at which a pixel stays as it was; 0.001 as published.</summary>
    public double Shrinkage { get; init; } = 1e-3;

    /// <summary>How many values of c are tried for each sample, at least 1; 9 as published.</summary>
    public int Rounds { get; init; } = 9;

    /// <summary>Where c begins, above 0; 0.001 as published.</summary>
    public double FirstC { get; init; } = 1e-3;

    /// <summary>Of the first step, above 0; it falls with the square root of the steps left. 0.01 as published.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>κ ≥ 0: by how much the wrong class has to win; 0 as published.</summary>
    public double Confidence { get; init; }

    /// <summary>Whether steps carry momentum (FISTA, as published) or not (ISTA).</summary>
    public bool Accelerated { get; init; } = true;

    /// <summary>
    /// Whether to give up a c for a sample whose loss has not fallen by 0.01 % within a tenth of the steps, as published
    /// (there for the batch as a whole, which would let samples depend on each other).
    /// </summary>
    public bool GiveUpEarly { get; init; } = true;

    /// <summary>
    /// Whether to go on once a misclassified image lies in the ball: for who wants to know how small a perturbation can
    /// be (with a large ε), and not only whether ε suffices.
    /// </summary>
    public bool ToTheEnd { get; init; }

    /// <inheritdoc/>
    public string Name => "ead";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 4L * Steps * Rounds;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) =>
        new ConstantSearch(Threat, Steps, Rounds, FirstC, Confidence, GiveUpEarly, ToTheEnd)
            .Run(f, x, y, origin => new Descent(this, origin, origin.clone(), origin.clone()));

    /// <summary>S_β: changes taken back by β, in the box.</summary>
    private Tensor Shrunk(Tensor z, Tensor x)
    {
        var change = z - x;
        return (x + change.sign() * (change.abs() - Shrinkage).clamp_min(0)).clamp(0, 1);
    }

    /// <summary>β‖δ‖₁ + ‖δ‖₂²: [N], float64.</summary>
    private Tensor Size(Tensor δ)
    {
        var exact = δ.to(ScalarType.Float64);
        return Shrinkage * exact.abs().sum([1, 2, 3]) + exact.square().sum([1, 2, 3]);
    }

    /// <summary>(F)ISTA's.</summary>
    /// <param name="Attack">The constants.</param>
    /// <param name="X">The images.</param>
    /// <param name="Last">Where the last step ended.</param>
    /// <param name="Ahead">Where the next begins, momentum having carried it on.</param>
    private sealed record Descent(ElasticNet Attack, Tensor X, Tensor Last, Tensor Ahead) : IDescent
    {
        public (Tensor Tried, Tensor Z, Tensor Loss) Step(Classifier f, Criterion weighed, int step)
        {
            var (_, excess, g) = InputGradient.Look(f, weighed, Ahead);
            var change = Ahead - X;
            var rate = Attack.LearningRate * Math.Sqrt(1 - (double)step / Attack.Steps);
            var xAdv = Attack.Shrunk(Ahead - rate * (g + 2 * change), X);
            Ahead.copy_(Attack.Accelerated ? xAdv + step / (step + 3.0) * (xAdv - Last) : xAdv);
            Last.copy_(xAdv);
            return (xAdv, f(xAdv), excess + change.square().sum([1, 2, 3]));
        }

        public Tensor? Size(Tensor tried) => Attack.Rule == DecisionRule.L1 ? null : Attack.Size(tried - X);

        public IDescent Keep(Func<Tensor, Tensor> some) => new Descent(Attack, some(X), some(Last), some(Ahead));
    }
}
