using System.Globalization;
using Arow.Attacks;
using Arow.Statistics;

namespace Arow.Evaluation.Checks;

/// <summary>
/// Robust accuracy at perturbations that can turn any image into grey, where no classifier is correct more often than by
/// chance: a higher robust accuracy means that the attack fails (Carlini et al. 2019, <i>On evaluating adversarial robustness</i>).
/// </summary>
internal static class HugeEpsilon
{
    private const int Steps = 40;

    public static Finding? Find(ModelCheckContext context)
    {
        if (context.Attacks.Count == 0 || !context.HasGradients || context.CorrectIndices.Count == 0) return null;
        using var scope = NewDisposeScope();
        var (x, y, n) = (context.XCorrect, context.YCorrect, context.CorrectIndices.Count);
        var threat = context.Attacks[0].Threat.Norm == Norm.Linf
            ? new ThreatModel(Norm.Linf, 0.5)
            : new ThreatModel(Norm.L2, 0.5 * Math.Sqrt(x[0].numel()));
        var noise = Noise.Keyed(0, tensor([.. context.CorrectIndices], device: x.device));
        var isRobust = ones_like(y) > 0;
        // Either loss alone may be flat on a sound model: cross-entropy at high confidence.
        foreach (var (i, loss) in new[] { AttackLoss.CrossEntropy, AttackLoss.Margin }.Index())
        {
            var attack = new Pgd(threat, loss, Steps, threat.Epsilon / 10, Start.Uniform);
            isRobust &= context.F(attack.Perturb(context.F, x, y, noise.Stream(i))).argmax(1) == y;
        }
        var robust = ModelCheckContext.SelectFlagged(context.CorrectIndices, isRobust);
        // All grey images are equal and get one class: at most those of the largest class remain correct.
        var inspected = context.CorrectIndices.ToHashSet();
        var chance = context.ChanceAccuracy([.. context.Rows.Where(r => inspected.Contains(r.Index))]);
        return Confidence.Wilson(robust.Count, n).Low <= chance ? null : Finding.Warning(
            "huge-epsilon",
            string.Create(CultureInfo.InvariantCulture,
                $"{FindingChecks.DescribeCount(robust.Count, n)} remain correct under perturbations of {(threat.Norm == Norm.Linf ? "L∞" : "L2")} norm "
                    + $"{threat.Epsilon:0.##}, which can turn any image into grey; chance would be {100 * chance:f0} %."),
            "Gradient attacks fail on this model for other reasons than robustness: its robust accuracy under them is too high. Check for zero or "
                + "misleading gradients, and run square.",
            robust);
    }
}
