using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>Square breaks images that are robust to all gradient attacks (check 4 of the published tool, and its threshold).</summary>
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
                $"Square, which uses no gradients, broke {FindingChecks.DescribeCount(square.Broken, square.Attacked)} that were robust to the gradient attacks: "
                    + $"{100 * gain:f1} points of accuracy."),
            "Gradients of this model are of little use, so its robust accuracy is probably too high: give square more "
                + $"{Wording.Current.Setting("queries")} and {Wording.Current.Setting("restarts")}, and attack the model with an adaptive attack.",
            [.. context.Rows.Where(r => r.BrokenBy == square.Name).Select(r => r.Index)]);
    }

    private static bool IsWhiteBox(AttackResult attack) => attack is { Needs: Access.Gradients, Attacked: > 0 };
}
