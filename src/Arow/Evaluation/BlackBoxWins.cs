
namespace Arow.Evaluation;

/// <summary>An attack without gradients that turns more images than all attacks with gradients before it, of fewer left.</summary>
internal static class BlackBoxWins
{
    public static Finding? Find(Aftermath aftermath)
    {
        var turned = 0;
        var white = new List<string>();
        foreach (var attack in aftermath.Attacks)
        {
            if (attack.Needs == Access.Gradients)
            {
                turned += attack.Broken;
                white.Add(attack.Name);
            }
            else if (white.Count > 0 && attack.Broken > turned)
            {
                return Finding.Warning(
                    "black-box-wins",
                    $"{attack.Name}, which sees no gradients, turned {Checks.Of(attack.Broken, attack.Attacked)}; {string.Join(", ", white)} before it turned {turned}.",
                    "Who sees more should find more: the gradients hide the way (masked gradients). The robust accuracy under gradient attacks is worth little here.",
                    [.. aftermath.Rows.Where(r => r.BrokenBy == attack.Name).Select(r => r.Index)]);
            }
        }
        return null;
    }
}
