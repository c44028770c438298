namespace Arow.Attacks;

/// <summary>
/// An ensemble (Croce and Hein 2020): each attack in turn perturbs the original images that all earlier attacks left
/// correctly classified.
/// </summary>
/// <param name="Threat">The perturbations allowed, the same for every attack.</param>
/// <param name="Parts">The attacks, in order.</param>
public sealed record AutoAttack(ThreatModel Threat, IReadOnlyList<IAttack> Parts) : IEnsemble
{
    /// <inheritdoc/>
    public string Name { get; init; } = string.Join('+', Parts.Select(part => part.Name));

    /// <summary>The standard version, "AutoAttack" in tables: APGD with two losses, FAB and Square, as published for the norm.</summary>
    public static AutoAttack Standard(ThreatModel threat, AttackBudget budget)
    {
        // Croce and Hein (2021), "Mind the box": L1 uses more starts, fewer targets and shrinking balls.
        var sparse = threat.Norm == Norm.L1;
        return Of("autoattack", threat, budget,
        [
            Apgd.CrossEntropy(threat, sparse ? budget.Or(restarts: 5) : budget) with { Shrinking = sparse },
            Apgd.Targeted(threat, sparse ? budget.Or(targets: 5) : budget) with { Shrinking = sparse },
            Fab.Of(threat, budget, targeted: true),
            Square.Of(threat, budget),
        ]);
    }

    /// <summary>The larger version, with five starts for the untargeted attacks.</summary>
    public static AutoAttack Plus(ThreatModel threat, AttackBudget budget)
    {
        var patient = budget.Or(restarts: 5);
        return Of("autoattack-plus", threat, budget,
        [
            Apgd.CrossEntropy(threat, patient), Apgd.Dlr(threat, patient), Fab.Of(threat, patient, targeted: false),
            Square.Of(threat, budget), Apgd.Targeted(threat, budget), Fab.Of(threat, budget, targeted: true),
        ]);
    }

    /// <summary>The version for random classifiers: gradients are means of twenty EOT samples (Athalye et al. 2018).</summary>
    public static AutoAttack Rand(ThreatModel threat, AttackBudget budget)
    {
        const int Looks = 20;
        return Of("autoattack-rand", threat, budget,
            [Apgd.CrossEntropy(threat, budget) with { Looks = Looks }, Apgd.Dlr(threat, budget) with { Looks = Looks }]);
    }

    /// <summary>Creates an ensemble. With a budget other than the default it is named after its attacks.</summary>
    private static AutoAttack Of(string name, ThreatModel threat, AttackBudget budget, IReadOnlyList<IAttack> parts) =>
        budget == AttackBudget.Own ? new AutoAttack(threat, parts) { Name = name } : new AutoAttack(threat, parts);

    /// <inheritdoc/>
    public Access Needs => Parts.Min(part => part.Needs);

    /// <inheritdoc/>
    public long Passes(int classes) => Parts.Sum(part => part.Passes(classes));

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var xAdv = x.clone();
        foreach (var part in Parts)
        {
            using var turn = NewDisposeScope();
            var standing = Standing.Of(f, xAdv, y);
            if (standing.shape[0] == 0) break;
            var tried = part.Perturb(
                f, x.index_select(0, standing), y.index_select(0, standing), noise.Rows(standing).Stream(part.Name));
            xAdv.index_copy_(0, standing, tried);
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Parts = [.. Parts.Select(part => part.With(fidelity))] };

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes) => [.. Parts.SelectMany(part => part.Notes(classes)).Distinct()];
}
