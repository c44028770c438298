using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>Square turning images that all gradient attacks left standing (check 4 of the published tool, and its threshold).</summary>
internal static class SquareGain
{
    private const double Threshold = 0.002;

    public static Finding? Find(ResultContext context)
    {
        var at = context.Attacks.ToList().FindIndex(a => a.Name.StartsWith("square", StringComparison.Ordinal));
        if (at < 1 || !context.Attacks.Take(at).Any(IsWhiteBox) || context.Attacks.Skip(at + 1).Any(IsWhiteBox)) return null;
        var square = context.Attacks[at];
        var gain = (double)square.Broken / context.Rows.Count;
        return gain <= Threshold ? null : Finding.Warning(
            "square-gains",
            string.Create(CultureInfo.InvariantCulture,
                $"Square, which sees no gradients, turned {FindingChecks.DescribeCount(square.Broken, square.Attacked)} that the gradient attacks "
                    + $"left standing: {100 * gain:f1} points of accuracy."),
            "Gradients are of little use on this model, so that its robust accuracy is likely too high: give square more --queries and --restarts, "
                + "and attack the model in a way made for it.",
            [.. context.Rows.Where(r => r.BrokenBy == square.Name).Select(r => r.Index)]);
    }

    private static bool IsWhiteBox(AttackResult attack) => attack is { Needs: Access.Gradients, Attacked: > 0 };
}
