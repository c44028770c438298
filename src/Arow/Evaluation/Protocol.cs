using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// What an evaluation may be called. "AutoAttack" is the name of certain attacks with certain budgets, all run to their
/// end; numbers of shorter runs under that name have been mistaken for it in published results.
/// </summary>
internal static class Protocol
{
    /// <summary>The versions of AutoAttack in the Catalog, and how reports call them.</summary>
    private static readonly Dictionary<string, string> Versions = new()
    {
        ["autoattack"] = "AutoAttack, standard version",
        ["autoattack-plus"] = "AutoAttack, plus version",
        ["autoattack-rand"] = "AutoAttack, rand version",
    };

    /// <summary>What was run, in words.</summary>
    /// <param name="attacks">As they were asked for, in order: an ensemble of another budget does not bear its version's name.</param>
    /// <param name="budget">What of it was not left to the attacks.</param>
    /// <param name="complete">Whether all attacks tried all images.</param>
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

    /// <summary>Whether a name given by <see cref="Name"/> is that of the version which the field's tables are made with.</summary>
    public static bool IsStandard(string? name) => name == Versions["autoattack"];
}
