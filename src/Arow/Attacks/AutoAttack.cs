namespace Arow.Attacks;

/// <summary>
/// An ensemble (Croce and Hein 2020): each attack in turn perturbs the original images that all earlier attacks left
/// correctly classified.
/// </summary>
/// <param name="Threat">The perturbations allowed, the same for every attack.</param>
/// <param name="Attacks">The attacks, in order.</param>
public sealed record AutoAttack(ThreatModel Threat, IReadOnlyList<IAttack> Attacks) : IEnsemble
{
    /// <inheritdoc/>
    public string Name { get; init; } = string.Join('+', Attacks.Select(part => part.Name));

    /// <summary>The standard version, "AutoAttack" in tables: APGD with two losses, FAB and Square, as published for the norm.</summary>
    public static AutoAttack Standard(ThreatModel threat, AttackBudget budget)
    {
        // Croce and Hein (2021), "Mind the box": L1 uses more starts, fewer targets and shrinking balls.
        var isL1 = threat.Norm == Norm.L1;
        return Create("autoattack", threat, budget,
        [
            Apgd.CrossEntropy(threat, isL1 ? budget.WithDefaults(restarts: 5) : budget) with { Shrinking = isL1 },
            Apgd.Targeted(threat, isL1 ? budget.WithDefaults(targets: 5) : budget) with { Shrinking = isL1 },
            Fab.Create(threat, budget, targeted: true),
            Square.Create(threat, budget),
        ]);
    }

    /// <summary>The larger version, with five starts for the untargeted attacks.</summary>
    public static AutoAttack Plus(ThreatModel threat, AttackBudget budget)
    {
        var fiveRestarts = budget.WithDefaults(restarts: 5);
        return Create("autoattack-plus", threat, budget,
        [
            Apgd.CrossEntropy(threat, fiveRestarts), Apgd.Dlr(threat, fiveRestarts), Fab.Create(threat, fiveRestarts, targeted: false),
            Square.Create(threat, budget), Apgd.Targeted(threat, budget), Fab.Create(threat, budget, targeted: true),
        ]);
    }

    /// <summary>The version for random classifiers: gradients are means of twenty EOT samples (Athalye et al. 2018).</summary>
    public static AutoAttack Rand(ThreatModel threat, AttackBudget budget)
    {
        const int Samples = 20;
        return Create("autoattack-rand", threat, budget,
            [Apgd.CrossEntropy(threat, budget) with { EotSamples = Samples }, Apgd.Dlr(threat, budget) with { EotSamples = Samples }]);
    }

    /// <summary>Creates an ensemble. With a budget other than the default it is named after its attacks.</summary>
    private static AutoAttack Create(string name, ThreatModel threat, AttackBudget budget, IReadOnlyList<IAttack> attacks) =>
        budget == AttackBudget.Default ? new AutoAttack(threat, attacks) { Name = name } : new AutoAttack(threat, attacks);

    /// <inheritdoc/>
    public Access Needs => Attacks.Min(part => part.Needs);

    /// <inheritdoc/>
    public long Passes(int classes) => Attacks.Sum(part => part.Passes(classes));

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var xAdv = x.clone();
        foreach (var attack in Attacks)
        {
            using var iteration = NewDisposeScope();
            var robust = CorrectlyClassified.Find(f, xAdv, y);
            if (robust.shape[0] == 0) break;
            var candidates = attack.Perturb(
                f, x.index_select(0, robust), y.index_select(0, robust), noise.Rows(robust).Stream(attack.Name));
            xAdv.index_copy_(0, robust, candidates);
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Attacks = [.. Attacks.Select(part => part.With(fidelity))] };

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes) => [.. Attacks.SelectMany(part => part.Notes(classes)).Distinct()];
}
