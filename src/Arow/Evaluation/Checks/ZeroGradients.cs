using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>Gradients that are zero at the start of an attack (check 3 of the published tool, which checks the DLR loss alone).</summary>
internal static class ZeroGradients
{
    public static Finding? Find(ResultContext context)
    {
        AttackResult[] affected = [.. context.Attacks.Where(a => a.ZeroGradients.Count > 0)];
        return affected.Length == 0 ? null : Finding.Warning(
            "zero-gradients",
            $"Gradients are zero: {string.Join("; ", affected.Select(Share))}.",
            "A gradient attack cannot move such images, and they are robust for that reason alone. Possible causes are rounding, clipping or a step function in "
                + "front of the model, and an overconfident softmax: evaluate without them, or see the results of square "
                + "finds.",
            [.. affected.SelectMany(a => a.ZeroGradients).Distinct().Order()]);
    }

    private static string Share(AttackResult a) => string.Create(CultureInfo.InvariantCulture,
        $"{a.Name} at the start of {FindingChecks.DescribeCount(a.ZeroGradients.Count, a.Attacked)} "
            + $"({100.0 * a.ZeroGradients.Count / a.Attacked:f1} %), and {100.0 * a.QueryCounts.Zero / a.QueryCounts.Gradients:f1} % of all its "
            + $"gradients");
}
