namespace Arow.Attacks;

/// <summary>An attack of the Catalog, before it is told what it may do and how hard it is to try.</summary>
/// <param name="Uses">What it takes of a budget: some of <c>restarts steps queries targets</c>.</param>
/// <param name="Create">Makes it; with <see cref="AttackBudget.Own"/> it is called as in the Catalog.</param>
public sealed record AttackMethod(string[] Uses, Func<ThreatModel, AttackBudget, IAttack> Create)
{
    /// <summary>The norms that it exists in; in others, <see cref="Create"/> refuses.</summary>
    public IReadOnlyList<Norm> Norms { get; init; } = [Norm.Linf, Norm.L2, Norm.L1];
}
