namespace Arow.Attacks;

/// <summary>An attack of the catalog, before threat model and budget are known.</summary>
/// <param name="Uses">The values of a budget that it uses: some of <c>restarts steps queries targets</c>.</param>
/// <param name="Create">Creates the attack; with <see cref="AttackBudget.Default"/> its name is that of the catalog.</param>
public sealed record AttackMethod(string[] Uses, Func<ThreatModel, AttackBudget, IAttack> Create)
{
    /// <summary>The norms that the attack supports; <see cref="Create"/> throws for other norms.</summary>
    public IReadOnlyList<Norm> Norms { get; init; } = [Norm.Linf, Norm.L2, Norm.L1];
}
