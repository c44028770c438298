namespace Arow.Attacks;

/// <summary>One run of APGD on a batch, from one start.</summary>
/// <param name="F">The classifier.</param>
/// <param name="Criterion">The loss that is maximised.</param>
/// <param name="X">The clean images.</param>
/// <param name="Y">The true classes.</param>
/// <param name="Looks">EOT samples: gradients averaged at each step.</param>
/// <param name="Rules">The rules of the algorithm or of the published code.</param>
internal sealed record ApgdClimb(Classifier F, Criterion Criterion, Tensor X, Tensor Y, int Looks, ApgdRules Rules)
{
    /// <summary>The result of a run.</summary>
    /// <param name="Highest">The points of the highest loss, [N, C, H, W].</param>
    /// <param name="Nearest">
    /// The points of the lowest margin, [N, C, H, W]. As published: the last misclassified point, where there is one.
    /// </param>
    /// <param name="Margin">The margin at those points, [N].</param>
    /// <param name="Fooled">Whether any point was misclassified, [N], bool.</param>
    public sealed record Summit(Tensor Highest, Tensor Nearest, Tensor Margin, Tensor Fooled);

    /// <summary>Runs from a start in a ball.</summary>
    /// <param name="start">The start in the ball; it is clamped to [0, 1].</param>
    /// <param name="threat">The ball.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="goesOn">Whether the start is the result of a run in a larger ball.</param>
    public Summit From(Tensor start, ThreatModel threat, int steps, bool goesOn)
    {
        using var scope = NewDisposeScope();
        var x = start.clamp(0, 1);
        var (z, values, g) = InputGradient.Look(F, Criterion, x, Looks);
        IApgdGait gait = threat.Norm == Norm.L1
            ? new ApgdSparsity(threat, X, steps, goesOn ? x : null, Rules)
            : new ApgdHalving(threat, X, steps, values, Rules);

        var (before, highest, nearest) = (x.clone(), x.clone(), x.clone());
        var (best, gBest) = (values.clone(), g.clone());
        var (fooled, margin) = (z.argmax(1) != Y, Losses.Margin(z, Y));
        for (var step = 0; step < steps; step++)
        {
            using var iteration = NewDisposeScope();
            var next = gait.Step(x, before, g);
            before.copy_(x);
            x.copy_(next);
            (z, values, var gradient) = InputGradient.Look(F, Criterion, x, Looks);
            g.copy_(gradient);

            var wrong = z.argmax(1) != Y;
            var marginNow = Losses.Margin(z, Y);
            var nearer = Rules.IsBetter(wrong, marginNow, margin);
            Take(nearest, nearer, x);
            Take(margin, nearer, marginNow);
            fooled.logical_or_(wrong);

            var higher = values > best;
            Take(highest, higher, x);
            Take(gBest, higher, g);
            Take(best, higher, values);

            if (gait.Judge(values, best, highest) is not { } back) continue;
            Take(x, back, highest);
            Take(g, back, gBest);
        }
        return new Summit(Kept(highest), Kept(nearest), Kept(margin), Kept(fooled));

        static Tensor Kept(Tensor t) => t.MoveToOuterDisposeScope();
    }

    /// <summary>Overwrites the samples of a mask, [N], with those of another tensor.</summary>
    private static void Take(Tensor mine, Tensor mask, Tensor others) =>
        mine.copy_(where(mask.reshape([-1, .. Enumerable.Repeat(1L, (int)mine.dim() - 1)]), others, mine));
}
