
namespace Arow.Evaluation.Checks;

/// <summary>An attack without gradients that turns more images than all attacks with gradients before it, of fewer left.</summary>
internal static class BlackBoxWins
{
    public static Finding? Find(ResultContext context)
    {
        var broken = 0;
        var whiteBox = new List<string>();
        foreach (var attack in context.Attacks)
        {
            if (attack.Needs == Access.Gradients)
            {
                broken += attack.Broken;
                whiteBox.Add(attack.Name);
            }
            else if (whiteBox.Count > 0 && attack.Broken > broken)
            {
                return Finding.Warning(
                    "black-box-wins",
                    $"{attack.Name}, which sees no gradients, turned {FindingChecks.DescribeCount(attack.Broken, attack.Attacked)}; "
                        + $"{string.Join(", ", whiteBox)} before it turned {broken}.",
                    "Who sees more should find more: the gradients hide the way (masked gradients). The robust accuracy under gradient attacks is "
                        + "worth little here.",
                    [.. context.Rows.Where(r => r.BrokenBy == attack.Name).Select(r => r.Index)]);
            }
        }
        return null;
    }
}
