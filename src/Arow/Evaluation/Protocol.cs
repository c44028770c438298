using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// The protocol name of an evaluation. "AutoAttack" is the name of certain attacks with certain budgets, all run to their
/// end; shorter runs under that name have been mistaken for it in published results.
/// </summary>
internal static class Protocol
{
    /// <summary>The versions of AutoAttack in the Catalog, with their names in reports.</summary>
    private static readonly Dictionary<string, string> Versions = new()
    {
        ["autoattack"] = "AutoAttack, standard version",
        ["autoattack-plus"] = "AutoAttack, plus version",
        ["autoattack-rand"] = "AutoAttack, rand version",
    };

    /// <summary>Describes the attacks.</summary>
    /// <param name="attacks">The requested attacks, in order: an ensemble with another budget does not get its version's name.</param>
    /// <param name="budget">The specified budget.</param>
    /// <param name="complete">Whether all attacks were completed.</param>
    public static string Name(IReadOnlyList<IAttack> attacks, AttackBudget budget, bool complete)
    {
        if (attacks.Count == 0) return "no attack";
        if (complete && attacks.Count == 1 && Versions.TryGetValue(attacks[0].Name, out var version)) return version;
        var names = string.Join(", ", IEnsemble.Flatten(attacks).Select(a => a.Name));
        var given = budget.Specified.Count == 0 ? "" : $" with {string.Join(", ", budget.Specified.Select(g => $"{g.Value} {g.Key}"))}";
        var ended = complete ? "" : ", ended early";
        var notice = attacks.Any(a => a is IEnsemble) ? " (not AutoAttack)" : "";
        return names + given + ended + notice;
    }

    /// <summary>Whether a result of <see cref="Name"/> is the standard version, which published tables use.</summary>
    public static bool IsStandard(string? name) => name == Versions["autoattack"];
}
