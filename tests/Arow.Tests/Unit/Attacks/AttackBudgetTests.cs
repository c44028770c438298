namespace Arow.Tests.Unit.Attacks;

public sealed class AttackBudgetTests
{
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.1);

    [Fact]
    public void A_budget_changes_the_attack_and_what_it_is_called()
    {
        var attack = Catalog.Attacks["pgd20-kl"].Create(Threat, new AttackBudget(Steps: 5, Restarts: 3));
        Assert.Equal("pgd5-kl", attack.Name);
        Assert.Equal(Pgd.Standard(Threat, 5, AttackLoss.Kl, restarts: 3), attack);
    }

    [Fact]
    public void What_no_attack_has_use_for_is_told()
    {
        Assert.Null(Catalog.ValidateBudget(AttackBudget.Default, ["fgsm"]));
        Assert.Null(Catalog.ValidateBudget(new AttackBudget(Steps: 5), ["fgsm", "pgd20"]));
        Assert.Equal(
            "pgd20: not applicable: queries targets; applicable: restarts steps",
            Catalog.ValidateBudget(new AttackBudget(Steps: 5, Queries: 9, Targets: 2), ["pgd20"]));
        Assert.Equal("clean: not applicable: steps; applicable: none", Catalog.ValidateBudget(new AttackBudget(Steps: 5), []));
        Assert.Equal("fgsm: not applicable: steps; applicable: none", Catalog.ValidateBudget(new AttackBudget(Steps: 5), ["fgsm"]));
    }

    [Theory, MemberData(nameof(Names))]
    public void An_attack_uses_exactly_what_it_says(string name)
    {
        var method = Catalog.Attacks[name];
        (string Part, AttackBudget Budget)[] given =
        [
            ("restarts", new(Restarts: 7)), ("steps", new(Steps: 7)), ("queries", new(Queries: 7)), ("targets", new(Targets: 7)),
        ];
        var threat = new ThreatModel(method.Norms[0], 0.1);
        foreach (var (part, budget) in given)
        {
            var changed = Parts(method.Create(threat, budget)).SequenceEqual(Parts(method.Create(threat, AttackBudget.Default)));
            Assert.Equal(method.Uses.Contains(part), !changed);
        }
    }

    public static TheoryData<string> Names => [.. Catalog.Attacks.Keys];

    private static IReadOnlyList<IAttack> Parts(IAttack attack) => attack is AutoAttack ensemble ? ensemble.Attacks : [attack];
}
