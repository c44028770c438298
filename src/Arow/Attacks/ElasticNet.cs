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
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var nearest = new Nearest(Threat, f, x, y);
        var (c, rows) = (new TradeOff(x, FirstC), nearest.Standing());
        for (var round = 0; round < Rounds; round++)
        {
            using var again = NewDisposeScope();
            var unsettled = ToTheEnd ? rows : rows.index_select(0, nearest.Suffices(rows).logical_not().nonzero().flatten());
            if (unsettled.shape[0] == 0) break;
            Descend(f, x, y, unsettled, c, nearest);
            c.Learn();
        }
        return nearest.InBall().MoveToOuterDisposeScope();
    }

    private void Descend(Classifier f, Tensor x, Tensor y, Tensor rows, TradeOff c, Nearest nearest)
    {
        using var scope = NewDisposeScope();
        var work = Work.Begin(x, y, rows, c);
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var (z, _, g) = InputGradient.Look(f, z => work.C * Excess(z, work.Y), work.Ahead);
            var change = work.Ahead - work.X;
            var loss = work.C * Excess(z, work.Y) + change.square().sum([1, 2, 3]);
            var rate = LearningRate * Math.Sqrt(1 - (double)step / Steps);
            var xAdv = Shrunk(work.Ahead - rate * (g + 2 * change), work.X);
            work.Ahead.copy_(Accelerated ? xAdv + step / (step + 3.0) * (xAdv - work.Last) : xAdv);
            work.Last.copy_(xAdv);

            var fooled = Losses.Margin(f(xAdv), work.Y) < -Confidence;
            c.Saw(work.Rows, fooled);
            nearest.Offer(work.Rows, xAdv, fooled, Rule == DecisionRule.L1 ? null : Size(xAdv - work.X));

            var done = ToTheEnd ? zeros_like(fooled) : nearest.Suffices(work.Rows);
            if (GiveUpEarly && step % ((Steps + 9) / 10) == 0)
            {
                done |= (loss <= 0.9999 * work.Loss).logical_not();
                work.Loss.copy_(loss);
            }
            if (!done.any().item<bool>()) continue;
            work = work.Keep(done.logical_not().nonzero().flatten());
            if (work.Rows.shape[0] == 0) return;
        }
    }

    /// <summary>max(z_y − max_{k ≠ y} z_k + κ, 0): [N].</summary>
    private Tensor Excess(Tensor z, Tensor y) => (Losses.Margin(z, y) + Confidence).clamp_min(0);

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

    /// <summary>The samples that one c is tried on, as long as they are.</summary>
    /// <param name="Rows">[M], which samples of the batch they are.</param>
    /// <param name="X">The images.</param>
    /// <param name="Y">[M].</param>
    /// <param name="C">[M].</param>
    /// <param name="Last">Where the last step ended.</param>
    /// <param name="Ahead">Where the next begins, momentum having carried it on.</param>
    /// <param name="Loss">[M], when it was last looked at.</param>
    private sealed record Work(Tensor Rows, Tensor X, Tensor Y, Tensor C, Tensor Last, Tensor Ahead, Tensor Loss)
    {
        public static Work Begin(Tensor x, Tensor y, Tensor rows, TradeOff c)
        {
            var origin = x.index_select(0, rows);
            var loss = full([rows.shape[0]], double.PositiveInfinity, x.dtype, x.device);
            return new Work(rows.alias(), origin, y.index_select(0, rows), c.Of(rows), origin.clone(), origin.clone(), loss);
        }

        /// <summary>Only some; the tensors of all are given back.</summary>
        public Work Keep(Tensor kept)
        {
            return new Work(Some(Rows), Some(X), Some(Y), Some(C), Some(Last), Some(Ahead), Some(Loss));

            Tensor Some(Tensor all)
            {
                using (all) return all.index_select(0, kept).MoveToOuterDisposeScope();
            }
        }
    }
}
