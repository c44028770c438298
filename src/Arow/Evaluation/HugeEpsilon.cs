using System.Globalization;
using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// Robust accuracy at perturbations that can turn any image into grey, where no classifier is right more often than by
/// chance: what stands then stands because the attack fails (Carlini et al. 2019, <i>On evaluating adversarial robustness</i>).
/// </summary>
internal static class HugeEpsilon
{
    private const int Steps = 40;

    public static Finding? Find(Probe probe)
    {
        if (probe.Attacks.Count == 0 || !probe.HasGradients || probe.PlacesRight.Count == 0) return null;
        using var scope = NewDisposeScope();
        var (x, y, n) = (probe.XRight, probe.YRight, probe.PlacesRight.Count);
        var threat = probe.Attacks[0].Threat.Norm == Norm.Linf
            ? new ThreatModel(Norm.Linf, 0.5)
            : new ThreatModel(Norm.L2, 0.5 * Math.Sqrt(x[0].numel()));
        var noise = Noise.Keyed(0, tensor([.. probe.PlacesRight], device: x.device));
        var stands = ones_like(y) > 0;
        // Either loss alone may be flat on a sound model: cross-entropy where it is sure.
        foreach (var (i, goal) in new[] { Goal.CrossEntropy, Goal.Margin }.Index())
        {
            var attack = new Pgd(threat, goal, Steps, threat.Epsilon / 10, Start.Uniform);
            stands &= probe.F(attack.Perturb(probe.F, x, y, noise.Stream(i))).argmax(1) == y;
        }
        var standing = Probe.At(probe.PlacesRight, stands);
        // In grey all images are one and get one class: at most those of the commonest class stay right.
        var looked = probe.PlacesRight.ToHashSet();
        var chance = probe.Chance([.. probe.Rows.Where(r => looked.Contains(r.Index))]);
        return Confidence.Wilson(standing.Count, n).Low <= chance ? null : Finding.Warning(
            "huge-epsilon",
            string.Create(CultureInfo.InvariantCulture,
                $"{Checks.Of(standing.Count, n)} stay right under perturbations of {(threat.Norm == Norm.Linf ? "L∞" : "L2")} norm {threat.Epsilon:0.##}, which can turn any image into grey; chance would be {100 * chance:f0} %."),
            "Gradient attacks fail on this model for another reason than robustness: its robust accuracy under them is too high. Look for zero or misleading gradients, and run square.",
            standing);
    }
}
