namespace Arow.Attacks;

/// <summary>
/// The search that Carlini and Wagner (2017) and those after them share: a descent on c · max(z_y − max_{k ≠ y} z_k, −κ) +
/// size of the perturbation is begun anew for each of several c, each sample with its own, the least that has it
/// misclassified. Images of the ball are returned: the nearest misclassified one where ε allows it, and its projection
/// where it does not. Images misclassified from the start are returned as they are.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Steps">Of each descent.</param>
/// <param name="Rounds">How many values of c are tried for each sample.</param>
/// <param name="FirstC">Where c begins.</param>
/// <param name="Confidence">κ: by how much the wrong class has to win.</param>
/// <param name="GiveUpEarly">Whether a sample's descent ends when its loss has not fallen by 0.01 % within a tenth of the steps.</param>
/// <param name="ToTheEnd">Whether to go on once a misclassified image lies in the ball.</param>
internal sealed record ConstantSearch(
    ThreatModel Threat, int Steps, int Rounds, double FirstC, double Confidence, bool GiveUpEarly, bool ToTheEnd)
{
    /// <summary>Runs the descents.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N].</param>
    /// <param name="begin">A descent from some of the images.</param>
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

    /// <summary>The samples that one c is tried on, as long as they are.</summary>
    /// <param name="Rows">[M], which samples of the batch they are.</param>
    /// <param name="Y">[M].</param>
    /// <param name="C">[M].</param>
    /// <param name="Loss">[M], when it was last looked at.</param>
    /// <param name="Descent">Where they are.</param>
    private sealed record Work(Tensor Rows, Tensor Y, Tensor C, Tensor Loss, IDescent Descent)
    {
        public static Work Begin(Tensor x, Tensor y, Tensor rows, TradeOff c, Func<Tensor, IDescent> begin)
        {
            var loss = full([rows.shape[0]], double.PositiveInfinity, x.dtype, x.device);
            return new Work(rows.alias(), y.index_select(0, rows), c.Of(rows), loss, begin(x.index_select(0, rows)));
        }

        /// <summary>Only some; the tensors of all are given back.</summary>
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
