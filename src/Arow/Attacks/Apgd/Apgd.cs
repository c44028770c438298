namespace Arow.Attacks;

/// <summary>
/// Auto-PGD (Croce and Hein 2020 and, for L1, 2021): projected gradient ascent with momentum. It chooses its step size
/// itself: it shortens its steps and returns to its best point when the loss stops improving. Correctly classified
/// images are attacked with one target after another, each from new random starts, until they are misclassified.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Loss">The loss that is maximised.</param>
public sealed record Apgd(ThreatModel Threat, AttackLoss Loss) : IAttack
{
    /// <inheritdoc/>
    public string Name { get; init; } = $"apgd-{Loss.Name}";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <summary>Gradient steps of each run, at least 1.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Runs for each target, at least 1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>
    /// 0 for an untargeted attack, which raises the loss of the true class; n to target the n most likely other classes,
    /// one after another.
    /// </summary>
    public int Targets { get; init; }

    /// <summary>EOT samples: gradients averaged at every step, at least 1. Use more than one for random classifiers.</summary>
    public int EotSamples { get; init; } = 1;

    /// <summary>
    /// Whether each run starts outside the ball, with radius 3ε (30 % of the steps), then 2ε (30 %), then ε: standard for
    /// L1, undefined for other norms.
    /// </summary>
    public bool Shrinking { get; init; }

    /// <summary>Whether to reproduce the deviations of the published code.</summary>
    internal Fidelity Fidelity { get; init; }

    /// <summary>APGD-CE: maximises the cross-entropy.</summary>
    public static Apgd CrossEntropy(ThreatModel threat, AttackBudget budget) => new Apgd(threat, AttackLoss.CrossEntropy).With(budget);

    /// <summary>APGD-DLR: maximises the difference of logits ratio.</summary>
    public static Apgd Dlr(ThreatModel threat, AttackBudget budget) => new Apgd(threat, AttackLoss.Dlr).With(budget);

    /// <summary>APGD-T: minimises the difference of logits ratio towards nine other classes, one after another.</summary>
    public static Apgd Targeted(ThreatModel threat, AttackBudget budget) =>
        new Apgd(threat, AttackLoss.Dlr) { Name = "apgd-t", Targets = budget.Targets ?? 9 }.With(budget);

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * EotSamples * (Steps + 1) * Restarts * Math.Max(1, Math.Min(Targets, classes - 1));

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var rules = ApgdRules.For(Fidelity);
        var z = CleanLogits(f, x);
        var targets = Losses.Others(z, y, double.NegativeInfinity).argsort(1, descending: true);
        var robust = (z.argmax(1) == y).nonzero().flatten();
        var (xAdv, margin) = (x.clone(), Losses.Margin(z, y));
        for (var target = 0; target < Math.Max(1, Math.Min(Targets, z.shape[1] - 1)); target++)
        {
            for (var restart = 0; restart < Restarts && robust.shape[0] > 0; restart++)
            {
                using var attempt = NewDisposeScope();
                var (xRobust, yRobust) = (x.index_select(0, robust), y.index_select(0, robust));
                var criterion = Targets == 0
                    ? Loss.Bind(f, xRobust, yRobust)
                    : Loss.BindTargeted(f, xRobust, yRobust, targets[.., target].index_select(0, robust));
                var run = new ApgdRun(f, criterion, xRobust, yRobust, EotSamples, rules);
                var result = RunFromStart(run, noise.Stream(target).Stream(restart).Rows(robust));

                var improved = rules.IsBetter(result.Misclassified, result.Margin, margin.index_select(0, robust)).nonzero().flatten();
                var rows = robust.index_select(0, improved);
                xAdv.index_copy_(0, rows, result.Adversarial.index_select(0, improved));
                margin.index_copy_(0, rows, result.Margin.index_select(0, improved));
                robust = robust.index_select(0, (~result.Misclassified).nonzero().flatten()).MoveToOuterDisposeScope();
            }
        }
        // The published L1 projection leaves the ball by rounding errors; the returned images are projected exactly.
        return (Threat.Norm == Norm.L1 ? Threat.Project(xAdv, x) : xAdv).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Fidelity = fidelity };

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes)
    {
        var notes = new List<string>();
        var needed = Targets > 0 ? 4 : 3;
        if (Loss == AttackLoss.Dlr && classes < needed)
            notes.Add($"{Name}: the DLR loss needs {needed} classes and there are {classes}: the margin took its place");
        if (Targets > classes - 1)
            notes.Add($"{Name}: tried the {classes - 1} wrong classes there are instead of {Targets}");
        return notes;
    }

    private static Tensor CleanLogits(Classifier f, Tensor x)
    {
        using var frozen = no_grad();
        return f(x);
    }

    private ApgdRun.Result RunFromStart(ApgdRun run, Noise noise)
    {
        var x = run.X;
        if (!Shrinking) return run.Run(RandomStart(run, noise), Threat, Steps, warmStart: false);

        var outerSteps = (int)Math.Ceiling(0.3 * Steps);
        (int Radius, int Steps)[] balls = [(3, outerSteps), (2, outerSteps), (1, Math.Max(1, Steps - 2 * outerSteps))];
        ApgdRun.Result? result = null;
        var start = x + noise.Normal(x);
        start = run.Rules.ProjectL1(Ball(3), x, start, start - x);
        foreach (var (radius, steps) in balls)
        {
            start = run.Rules.ProjectL1(Ball(radius), x, start, start - x);
            run.Rules.BeginBall(x, noise);
            result = run.Run(start, Ball(radius), steps, warmStart: true);
            start = result.Best;
        }
        return result!;

        ThreatModel Ball(double radius) => Threat with { Epsilon = radius * Threat.Epsilon };
    }

    private Tensor RandomStart(ApgdRun run, Noise noise)
    {
        var t = Threat.Norm == Norm.Linf ? 2 * noise.Uniform(run.X) - 1 : noise.Normal(run.X);
        return Threat.Norm == Norm.L1
            ? run.Rules.ProjectL1(Threat, run.X, run.X + t, t)
            : run.X + Threat.Epsilon * Threat.Normalize(t);
    }

    private Apgd With(AttackBudget budget) => this with
    {
        Steps = budget.Steps ?? Steps,
        Restarts = budget.Restarts ?? Restarts,
    };
}
