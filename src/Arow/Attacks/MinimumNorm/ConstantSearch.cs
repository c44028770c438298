namespace Arow.Attacks;

/// <summary>
/// The search that Carlini and Wagner (2017) and their successors share: descents on c · max(z_y − max_{k ≠ y} z_k, −κ) +
/// size of the perturbation, one for each of several c, to find the least c for each sample that yields a misclassified
/// image. The search returns images of the ball: the nearest misclassified image if it is within ε, its projection
/// otherwise. Images misclassified from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Steps">Steps of each descent.</param>
/// <param name="BinarySearchSteps">Number of values of c for each sample.</param>
/// <param name="InitialConstant">The first c.</param>
/// <param name="Confidence">κ, the margin by which the wrong class must win.</param>
/// <param name="AbortEarly">Whether a sample's descent ends when its loss has not decreased by 0.01 % within a tenth of the steps.</param>
/// <param name="MinimizePerturbation">Whether to continue once a misclassified image within ε is found.</param>
internal sealed record ConstantSearch(
    ThreatModel Threat, int Steps, int BinarySearchSteps, double InitialConstant, double Confidence, bool AbortEarly, bool MinimizePerturbation)
{
    /// <summary>Runs the descents.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N].</param>
    /// <param name="createDescent">Creates a descent from some of the images.</param>
    public Tensor Run(Classifier f, Tensor x, Tensor y, Func<Tensor, IDescent> createDescent)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var nearest = new NearestAdversarials(Threat, f, x, y);
        var (c, rows) = (new TradeOffConstant(x, InitialConstant), nearest.PendingRows());
        for (var round = 0; round < BinarySearchSteps; round++)
        {
            using var iteration = NewDisposeScope();
            var pending = MinimizePerturbation ? rows : rows.index_select(0, nearest.IsWithinEpsilon(rows).logical_not().nonzero().flatten());
            if (pending.shape[0] == 0) break;
            Descend(f, ActiveSamples.Create(x, y, pending, c, createDescent), c, nearest);
            c.Update();
        }
        return nearest.ProjectedOntoBall().MoveToOuterDisposeScope();
    }

    private void Descend(Classifier f, ActiveSamples active, TradeOffConstant c, NearestAdversarials nearest)
    {
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var (candidates, z, loss) = active.Descent.Step(f, z => active.C * Excess(z, active.Y), step);
            var misclassified = Losses.Margin(z, active.Y) < -Confidence;
            c.RecordSuccess(active.Rows, misclassified);
            nearest.Update(active.Rows, candidates, misclassified, active.Descent.Distance(candidates));

            var done = MinimizePerturbation ? zeros_like(misclassified) : nearest.IsWithinEpsilon(active.Rows);
            if (AbortEarly && step % ((Steps + 9) / 10) == 0)
            {
                done |= (loss <= 0.9999 * active.Loss).logical_not();
                active.Loss.copy_(loss);
            }
            if (!done.any().item<bool>()) continue;
            active = active.Select(done.logical_not().nonzero().flatten());
            if (active.Rows.shape[0] == 0) return;
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
    private sealed record ActiveSamples(Tensor Rows, Tensor Y, Tensor C, Tensor Loss, IDescent Descent)
    {
        public static ActiveSamples Create(Tensor x, Tensor y, Tensor rows, TradeOffConstant c, Func<Tensor, IDescent> createDescent)
        {
            var loss = full([rows.shape[0]], double.PositiveInfinity, x.dtype, x.device);
            return new ActiveSamples(rows.alias(), y.index_select(0, rows), c.Select(rows), loss, createDescent(x.index_select(0, rows)));
        }

        /// <summary>Keeps some of the samples and disposes the tensors of all.</summary>
        public ActiveSamples Select(Tensor indices)
        {
            return new ActiveSamples(SelectRows(Rows), SelectRows(Y), SelectRows(C), SelectRows(Loss), Descent.Select(SelectRows));

            Tensor SelectRows(Tensor all)
            {
                using (all) return all.index_select(0, indices).MoveToOuterDisposeScope();
            }
        }
    }
}
