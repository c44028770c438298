using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>Gradients that are not finite.</summary>
internal static class BrokenGradients
{
    public static Finding? Find(ResultContext context)
    {
        AttackResult[] broken = [.. context.Attacks.Where(a => a.QueryCounts.NotFinite > 0)];
        return broken.Length == 0 ? null : Finding.Warning(
            "broken-gradients",
            $"Gradients are not finite (NaN or infinite): "
                + $"{string.Join("; ", broken.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Name} {100.0 * a.QueryCounts.NotFinite / a.QueryCounts.Gradients:f1} % of its gradients")))}.",
            "An attack cannot continue from there. Possible causes are overflowing logits and a square root or logarithm of zero.",
            []);
    }
}
