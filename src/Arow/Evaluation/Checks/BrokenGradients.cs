using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>Gradients that are no numbers.</summary>
internal static class BrokenGradients
{
    public static Finding? Find(ResultContext context)
    {
        AttackResult[] broken = [.. context.Attacks.Where(a => a.QueryCounts.NotFinite > 0)];
        return broken.Length == 0 ? null : Finding.Warning(
            "broken-gradients",
            $"Gradients are no numbers (NaN) or infinite: "
                + $"{string.Join("; ", broken.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Name} {100.0 * a.QueryCounts.NotFinite / a.QueryCounts.Gradients:f1} % of its gradients")))}.",
            "An attack that meets one cannot go on from there. Logits that overflow, or a square root or logarithm of zero, do this.",
            []);
    }
}
