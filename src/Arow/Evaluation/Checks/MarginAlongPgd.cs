using Arow.Attacks;

namespace Arow.Evaluation.Checks;

/// <summary>
/// A loss that does not increase along projected gradient ascent. The loss is the margin, which float32 resolves where
/// cross-entropy is already zero.
/// </summary>
internal static class MarginAlongPgd
{
    private const int MaximumImages = 16, Steps = 10;
    private const double WarningShare = 0.1;

    /// <summary>Perturbations below the rounding of a pixel prove nothing.</summary>
    private const double MinimumEpsilon = 1e-5;

    public static Finding? Find(ModelCheckContext context)
    {
        if (context.Attacks.Count == 0 || !context.HasGradients || context.CorrectIndices.Count == 0) return null;
        var threat = context.Attacks[0].Threat;
        if (threat.Epsilon < MinimumEpsilon) return null;

        using var scope = NewDisposeScope();
        var count = Math.Min(MaximumImages, context.CorrectIndices.Count);
        var (x, y) = (context.XCorrect[..count], context.YCorrect[..count]);
        var before = Losses.Margin(context.F(x), y);
        var (xAdv, least) = (x, before);
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var g = InputGradient.Compute(context.F, z => -Losses.Margin(z, y), xAdv);
            xAdv = threat.Project(threat.Step(xAdv, g, threat.Epsilon / 4), x).MoveToOuterDisposeScope();
            least = least.minimum(Losses.Margin(context.F(xAdv), y)).MoveToOuterDisposeScope();
        }
        var stuck = ModelCheckContext.SelectFlagged([.. context.CorrectIndices.Take(count)], least >= before);
        return stuck.Count <= WarningShare * count ? null : Finding.Warning(
            "loss-does-not-rise",
            $"Ten steps of projected gradient ascent do not increase the loss at {FindingChecks.DescribeCount(stuck.Count, count)}.",
            "Gradients are not useful: they are zero, too small for float32, or not those of the predicting function (rounding, "
                + "clipping or a search in the forward pass). White-box attacks then find little, whatever the model's robustness: see the results of "
                + "square, attack a smooth replacement of the model's first step, or transfer.",
            stuck);
    }
}
