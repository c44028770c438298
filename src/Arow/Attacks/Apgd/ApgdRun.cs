namespace Arow.Attacks;

/// <summary>One run of APGD on a batch, from one start.</summary>
/// <param name="F">The classifier.</param>
/// <param name="Criterion">The loss that is maximised.</param>
/// <param name="X">The clean images.</param>
/// <param name="Y">The true classes.</param>
/// <param name="EotSamples">EOT samples: gradients averaged at each step.</param>
/// <param name="Rules">The rules of the algorithm or of the published code.</param>
internal sealed record ApgdRun(Classifier F, Criterion Criterion, Tensor X, Tensor Y, int EotSamples, ApgdRules Rules)
{
    /// <summary>The result of a run.</summary>
    /// <param name="Best">The points of the highest loss, [N, C, H, W].</param>
    /// <param name="Adversarial">
    /// The points of the lowest margin, [N, C, H, W]. As published: the last misclassified point, where there is one.
    /// </param>
    /// <param name="Margin">The margin at those points, [N].</param>
    /// <param name="Misclassified">Whether any point was misclassified, [N], bool.</param>
    public sealed record Result(Tensor Best, Tensor Adversarial, Tensor Margin, Tensor Misclassified);

    /// <summary>Runs from a start in a ball.</summary>
    /// <param name="start">The start in the ball; it is clamped to [0, 1].</param>
    /// <param name="threat">The ball.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="warmStart">Whether the start is the result of a run in a larger ball.</param>
    public Result Run(Tensor start, ThreatModel threat, int steps, bool warmStart)
    {
        using var scope = NewDisposeScope();
        var x = start.clamp(0, 1);
        var (z, loss, g) = InputGradient.Evaluate(F, Criterion, x, EotSamples);
        IApgdStepRule stepRule = threat.Norm == Norm.L1
            ? new SparseStepRule(threat, X, steps, warmStart ? x : null, Rules)
            : new HalvingStepRule(threat, X, steps, loss, Rules);

        var (previous, bestPoint, adversarial) = (x.clone(), x.clone(), x.clone());
        var (bestLoss, gBest) = (loss.clone(), g.clone());
        var (misclassified, margin) = (z.argmax(1) != Y, Losses.Margin(z, Y));
        for (var step = 0; step < steps; step++)
        {
            using var iteration = NewDisposeScope();
            var next = stepRule.Step(x, previous, g);
            previous.copy_(x);
            x.copy_(next);
            (z, loss, var gradient) = InputGradient.Evaluate(F, Criterion, x, EotSamples);
            g.copy_(gradient);

            var isMisclassified = z.argmax(1) != Y;
            var newMargin = Losses.Margin(z, Y);
            var improved = Rules.IsBetter(isMisclassified, newMargin, margin);
            Replace(adversarial, improved, x);
            Replace(margin, improved, newMargin);
            misclassified.logical_or_(isMisclassified);

            var rose = loss > bestLoss;
            Replace(bestPoint, rose, x);
            Replace(gBest, rose, g);
            Replace(bestLoss, rose, loss);

            if (stepRule.Adapt(loss, bestLoss, bestPoint) is not { } reset) continue;
            Replace(x, reset, bestPoint);
            Replace(g, reset, gBest);
        }
        return new Result(MoveOut(bestPoint), MoveOut(adversarial), MoveOut(margin), MoveOut(misclassified));

        static Tensor MoveOut(Tensor t) => t.MoveToOuterDisposeScope();
    }

    /// <summary>Overwrites the samples of a mask, [N], with those of another tensor.</summary>
    private static void Replace(Tensor target, Tensor mask, Tensor source) =>
        target.copy_(where(mask.reshape([-1, .. Enumerable.Repeat(1L, (int)target.dim() - 1)]), source, target));
}
