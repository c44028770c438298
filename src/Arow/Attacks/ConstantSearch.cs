namespace Arow.Attacks;

/// <summary>
/// The search that Carlini and Wagner (2017) and their successors share: descents on c · max(z_y − max_{k ≠ y} z_k, −κ) +
/// size of the perturbation, one for each of several c, to find the least c for each sample that yields a misclassified
/// image. The search returns images of the ball: the nearest misclassified image if it is within ε, its projection
/// otherwise. Images misclassified from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Steps">Steps of each descent.</param>
/// <param name="Rounds">Number of values of c for each sample.</param>
/// <param name="FirstC">The first c.</param>
/// <param name="Confidence">κ, the margin by which the wrong class must win.</param>
/// <param name="GiveUpEarly">Whether a sample's descent ends when its loss has not decreased by 0.01 % within a tenth of the steps.</param>
/// <param name="ToTheEnd">Whether to continue once a misclassified image within ε is found.</param>
internal sealed record ConstantSearch(
    ThreatModel Threat, int Steps, int Rounds, double FirstC, double Confidence, bool GiveUpEarly, bool ToTheEnd)
{
    /// <summary>Runs the descents.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N].</param>
    /// <param name="begin">Creates a descent from some of the images.</param>
    public Tensor Run(Classifier f, Tensor x, Tensor y, Func<Tensor, IDescent> begin)
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
            Descend(f, Work.Begin(x, y, unsettled, c, begin), c, nearest);
            c.Learn();
        }
        return nearest.InBall().MoveToOuterDisposeScope();
    }

    private void Descend(Classifier f, Work work, TradeOff c, Nearest nearest)
    {
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var (tried, z, loss) = work.Descent.Step(f, z => work.C * Excess(z, work.Y), step);
            var fooled = Losses.Margin(z, work.Y) < -Confidence;
            c.Saw(work.Rows, fooled);
            nearest.Offer(work.Rows, tried, fooled, work.Descent.Size(tried));

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

    /// <summary>The samples of one descent that are still active.</summary>
    /// <param name="Rows">[M], their rows in the batch.</param>
    /// <param name="Y">[M], their classes.</param>
    /// <param name="C">[M], their constants.</param>
    /// <param name="Loss">[M], the loss at the last check.</param>
    /// <param name="Descent">The state of the descent.</param>
    private sealed record Work(Tensor Rows, Tensor Y, Tensor C, Tensor Loss, IDescent Descent)
    {
        public static Work Begin(Tensor x, Tensor y, Tensor rows, TradeOff c, Func<Tensor, IDescent> begin)
        {
            var loss = full([rows.shape[0]], double.PositiveInfinity, x.dtype, x.device);
            return new Work(rows.alias(), y.index_select(0, rows), c.Of(rows), loss, begin(x.index_select(0, rows)));
        }

        /// <summary>Keeps some of the samples and disposes the tensors of all.</summary>
        public Work Keep(Tensor kept)
        {
            return new Work(Some(Rows), Some(Y), Some(C), Some(Loss), Descent.Keep(Some));

            Tensor Some(Tensor all)
            {
                using (all) return all.index_select(0, kept).MoveToOuterDisposeScope();
            }
        }
    }
}
