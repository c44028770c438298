namespace Arow.Attacks;

/// <summary>
/// The fast adaptive boundary attack (Croce and Hein 2020): it looks for the nearest misclassified image, whatever ε. It
/// alternates steps onto the linearised decision boundary with steps back towards the original. An image counts as
/// broken if the result is within ε.
/// </summary>
/// <remarks>
/// The published code runs all steps on every image, and returns the original if no adversarial image is within ε.
/// The algorithm stops at an image once it is misclassified within ε; otherwise it returns the projection of the nearest
/// adversarial image onto the ball.
/// </remarks>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Targeted">
/// Whether to attack the boundaries to single other classes one after another, most likely first, with one gradient a
/// step; otherwise the nearest of all boundaries, with one gradient for each other class.
/// </param>
/// <param name="Steps">Number of steps of a run, at least 1.</param>
/// <param name="Restarts">Number of runs, at least 1; the first starts at the image, the others at random near it.</param>
/// <param name="Targets">Number of target classes, at least 1; limited to the number of other classes.</param>
public sealed record Fab(ThreatModel Threat, bool Targeted, int Steps = 100, int Restarts = 1, int Targets = 9) : IAttack
{
    /// <summary>Creates the attack; values that the budget leaves null are as published.</summary>
    public static Fab Create(ThreatModel threat, AttackBudget budget, bool targeted) =>
        new(threat, targeted, budget.Steps ?? 100, budget.Restarts ?? 1, (targeted ? budget.Targets : null) ?? 9);

    /// <summary>Whether to reproduce the deviations of the published code.</summary>
    internal Fidelity Fidelity { get; init; }

    /// <inheritdoc/>
    public string Name => Targeted ? "fab-t" : "fab";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => (long)Steps * Restarts * (Targeted ? 4 * Math.Min(Targets, classes - 1) : 2 * (classes + 2));

    bool IAttack.PassesAreObservable => Targeted;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var xAdv = x.clone();
        var z = f(x);
        var robust = (z.argmax(1) == y).nonzero().flatten();
        var rules = FabRules.For(Fidelity);
        var classesByLogit = rules.SortByLogit(z, y);
        var runs = Targeted ? Math.Min(Targets, z.shape[1] - 1) * Restarts : Restarts;
        for (var run = 0; run < runs && robust.shape[0] > 0; run++)
        {
            using var iteration = NewDisposeScope();
            var (original, label) = (x.index_select(0, robust), y.index_select(0, robust));
            var k = Targeted ? classesByLogit.index_select(0, robust).select(1, z.shape[1] - 2 - run / Restarts) : null;
            var start = run % Restarts == 0 ? original : RandomStart(original, noise.Stream(run).Rows(robust));
            var (candidates, distance) = Search(f, new FabRun(rules, Threat.Norm, original, label, k, start), rules);

            var outside = PerSample(distance > Threat.Epsilon);
            candidates = where(outside, rules.ResultBeyondEpsilon(Threat, candidates, original), candidates);
            var misclassified = f(candidates).argmax(1) != label;
            // After a failure the first run's result remains, since it is for the likeliest class; later runs count only if they succeed.
            if (run > 0) candidates = where(PerSample(misclassified), candidates, xAdv.index_select(0, robust));
            xAdv.index_copy_(0, robust, candidates);
            robust = robust.index_select(0, misclassified.logical_not().nonzero().flatten()).MoveToOuterDisposeScope();
        }
        return xAdv.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Fidelity = fidelity };

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes) => Targeted && Targets > classes - 1
        ? [$"{Name}: tried the {classes - 1} wrong classes there are instead of {Targets}"] : [];

    /// <summary>Returns a random point at distance ε/2, as published, clamped to the box.</summary>
    private Tensor RandomStart(Tensor x, Noise noise)
    {
        using var scope = NewDisposeScope();
        var t = Threat.Norm == Norm.Linf ? 2 * noise.Uniform(x) - 1 : noise.Normal(x);
        return (x + Threat.Epsilon * t / PerSample(VectorNorm.Compute(Threat.Norm, t.flatten(1))) / 2).clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the nearest adversarial image of a run and its distance.</summary>
    private (Tensor Nearest, Tensor Distance) Search(Classifier f, FabRun run, FabRules rules)
    {
        for (var step = 0; step < Steps && run.ActiveCount > 0; step++)
        {
            run.Step(f);
            if (rules.StopsWithinEpsilon) run.DropWithin(Threat.Epsilon);
        }
        return (run.Nearest, run.Distance);
    }

    private static Tensor PerSample(Tensor values) => values.reshape(-1, 1, 1, 1);
}
