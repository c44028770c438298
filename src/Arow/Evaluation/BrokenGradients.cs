using System.Globalization;

namespace Arow.Evaluation;

/// <summary>Gradients that are no numbers.</summary>
internal static class BrokenGradients
{
    public static Finding? Find(Aftermath aftermath)
    {
        AttackResult[] broken = [.. aftermath.Attacks.Where(a => a.Traffic.NotFinite > 0)];
        return broken.Length == 0 ? null : Finding.Warning(
            "broken-gradients",
            $"Gradients are no numbers (NaN) or infinite: {string.Join("; ", broken.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Name} {100.0 * a.Traffic.NotFinite / a.Traffic.Gradients:f1} % of its gradients")))}.",
            "An attack that meets one cannot go on from there. Logits that overflow, or a square root or logarithm of zero, do this.",
            []);
    }
}
