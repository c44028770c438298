namespace Arow.Attacks;

/// <summary>
/// The L2 attack of Carlini and Wagner (2017): with Adam, in variables w that keep x' = (tanh w + 1)/2 in the box, it
/// lowers ‖x' − x‖₂² + c · max(z_y − max_{k ≠ y} z_k, −κ), each sample with its own c, the least that has it misclassified.
/// Images of the ball are returned: the nearest misclassified one where ε allows it, and its projection where it does not.
/// Images misclassified from the start are returned as they are.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L2.</param>
/// <param name="Steps">Steps of Adam for each c, at least 1; 1000 as published.</param>
public sealed record CarliniWagner(ThreatModel Threat, int Steps = 1000) : IAttack
{
    /// <summary>Adam's constants (Kingma and Ba 2015).</summary>
    private const double Mean = 0.9, Square = 0.999, Tiny = 1e-8;

    /// <summary>What keeps w finite where pixels are 0 or 1; the published constant.</summary>
    private const double Shrink = 0.999999;

    /// <inheritdoc/>
    public ThreatModel Threat { get; } = NativeNorms.Of("cw", Threat, Norm.L2);

    /// <summary>How many values of c are tried for each sample, at least 1; 9 as published.</summary>
    public int Rounds { get; init; } = 9;

    /// <summary>Where c begins, above 0; 0.001 as published.</summary>
    public double FirstC { get; init; } = 1e-3;

    /// <summary>Adam's, above 0; 0.01 as published.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>κ ≥ 0: by how much the wrong class has to win; 0 as published.</summary>
    public double Confidence { get; init; }

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
    public string Name => "cw";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Steps * Rounds;

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
            var xAdv = Box(work.W);
            var (z, _, g) = InputGradient.Look(f, z => work.C * Excess(z, work.Y), xAdv);
            var change = xAdv - work.Origin;
            var loss = work.C * Excess(z, work.Y) + change.square().sum([1, 2, 3]);
            // d x'/d w = (1 − tanh² w)/2.
            work.Follow((g + 2 * change) * 2 * xAdv * (1 - xAdv), LearningRate, step);

            var fooled = Losses.Margin(z, work.Y) < -Confidence;
            c.Saw(work.Rows, fooled);
            nearest.Offer(work.Rows, xAdv, fooled);

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

    private static Tensor Box(Tensor w) => (w.tanh() + 1) / 2;

    /// <summary>The samples that one c is tried on, as long as they are, with Adam's memory of each.</summary>
    /// <param name="Rows">[M], which samples of the batch they are.</param>
    /// <param name="Origin">The images, as the box variables give them.</param>
    /// <param name="Y">[M].</param>
    /// <param name="C">[M].</param>
    /// <param name="W">The variables.</param>
    /// <param name="M">Mean of the gradients.</param>
    /// <param name="V">Mean of their squares.</param>
    /// <param name="Loss">[M], when it was last looked at.</param>
    private sealed record Work(Tensor Rows, Tensor Origin, Tensor Y, Tensor C, Tensor W, Tensor M, Tensor V, Tensor Loss)
    {
        public static Work Begin(Tensor x, Tensor y, Tensor rows, TradeOff c)
        {
            var w = ((2 * x.index_select(0, rows) - 1) * Shrink).atanh();
            var loss = full([rows.shape[0]], double.PositiveInfinity, x.dtype, x.device);
            return new Work(rows.alias(), Box(w), y.index_select(0, rows), c.Of(rows), w, zeros_like(w), zeros_like(w), loss);
        }

        public void Follow(Tensor g, double rate, int step)
        {
            M.mul_(Mean).add_(g, alpha: 1 - Mean);
            V.mul_(Square).addcmul_(g, g, 1 - Square);
            var (mean, square) = (M / (1 - Math.Pow(Mean, step + 1)), V / (1 - Math.Pow(Square, step + 1)));
            W.sub_(rate * mean / (square.sqrt() + Tiny));
        }

        /// <summary>Only some; the tensors of all are given back.</summary>
        public Work Keep(Tensor kept)
        {
            return new Work(Some(Rows), Some(Origin), Some(Y), Some(C), Some(W), Some(M), Some(V), Some(Loss));

            Tensor Some(Tensor all)
            {
                using (all) return all.index_select(0, kept).MoveToOuterDisposeScope();
            }
        }
    }
}
