
namespace Arow.Evaluation.Checks;

/// <summary>An attack without gradients that breaks more images than all attacks with gradients before it, of fewer remaining.</summary>
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
                    $"{attack.Name}, which uses no gradients, broke {FindingChecks.DescribeCount(attack.Broken, attack.Attacked)}; "
                        + $"{string.Join(", ", whiteBox)} before it broke {broken}.",
                    "Attacks with gradients should be stronger: the model masks its gradients. Its robust accuracy under gradient attacks is "
                        + "not reliable.",
                    [.. context.Rows.Where(r => r.BrokenBy == attack.Name).Select(r => r.Index)]);
            }
        }
        return null;
    }
}
