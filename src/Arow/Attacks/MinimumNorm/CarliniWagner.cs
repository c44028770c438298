namespace Arow.Attacks;

/// <summary>
/// The L2 attack of Carlini and Wagner (2017). In variables w that keep x' = (tanh w + 1)/2 in the box, Adam minimises
/// ‖x' − x‖₂² + c · max(z_y − max_{k ≠ y} z_k, −κ), with the least c for each sample that yields a misclassified image.
/// The attack returns images of the ball: the nearest misclassified image if it is within ε, its projection otherwise.
/// Images misclassified from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L2.</param>
/// <param name="Steps">Adam steps for each c, at least 1; 1000 as published.</param>
public sealed record CarliniWagner(ThreatModel Threat, int Steps = 1000) : IAttack
{
    /// <summary>Adam's constants (Kingma and Ba 2015).</summary>
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    /// <summary>Keeps w finite where pixels are 0 or 1; the published constant.</summary>
    private const double BoxScale = 0.999999;

    /// <inheritdoc/>
    public ThreatModel Threat { get; } = SupportedNorms.Require("cw", Threat, Norm.L2);

    /// <summary>Number of values of c for each sample, at least 1; 9 as published.</summary>
    public int BinarySearchSteps { get; init; } = 9;

    /// <summary>The first c, above 0; 0.001 as published.</summary>
    public double InitialConstant { get; init; } = 1e-3;

    /// <summary>Adam's learning rate, above 0; 0.01 as published.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>κ ≥ 0, the margin by which the wrong class must win; 0 as published.</summary>
    public double Confidence { get; init; }

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
    public string Name => "cw";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Steps * BinarySearchSteps;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) =>
        new ConstantSearch(Threat, Steps, BinarySearchSteps, InitialConstant, Confidence, AbortEarly, MinimizePerturbation)
            .Run(f, x, y, origin => Descent.Create(origin, LearningRate));

    /// <summary>Adam's state for each image.</summary>
    /// <param name="Rate">The learning rate.</param>
    /// <param name="Origin">The original images, as reproduced by the box variables.</param>
    /// <param name="W">The variables.</param>
    /// <param name="M">Running mean of the gradients.</param>
    /// <param name="V">Running mean of their squares.</param>
    private sealed record Descent(double Rate, Tensor Origin, Tensor W, Tensor M, Tensor V) : IDescent
    {
        public static Descent Create(Tensor x, double rate)
        {
            var w = ((2 * x - 1) * BoxScale).atanh();
            return new Descent(rate, ToBox(w), w, zeros_like(w), zeros_like(w));
        }

        public (Tensor Tried, Tensor Z, Tensor Loss) Step(Classifier f, Criterion weightedLoss, int step)
        {
            var xAdv = ToBox(W);
            var (z, excess, g) = InputGradient.Evaluate(f, weightedLoss, xAdv);
            var δ = xAdv - Origin;
            // d x'/d w = (1 − tanh² w)/2.
            AdamStep((g + 2 * δ) * 2 * xAdv * (1 - xAdv), step);
            return (xAdv, z, excess + δ.square().sum([1, 2, 3]));
        }

        public IDescent Select(Func<Tensor, Tensor> select) => new Descent(Rate, select(Origin), select(W), select(M), select(V));

        private void AdamStep(Tensor g, int step)
        {
            M.mul_(Beta1).add_(g, alpha: 1 - Beta1);
            V.mul_(Beta2).addcmul_(g, g, 1 - Beta2);
            var (mean, square) = (M / (1 - Math.Pow(Beta1, step + 1)), V / (1 - Math.Pow(Beta2, step + 1)));
            W.sub_(Rate * mean / (square.sqrt() + Epsilon));
        }

        private static Tensor ToBox(Tensor w) => (w.tanh() + 1) / 2;
    }
}
