namespace Arow.Attacks;

/// <summary>
/// Auto-PGD (Croce and Hein 2020 and, for L1, 2021): projected gradient ascent with momentum. It chooses its step size
/// itself: it shortens its steps and returns to its best point when the loss stops improving. Correctly classified
/// images are attacked with one target after another, each from new random starts, until they are misclassified.
/// </summary>
/// <param name="Threat">The perturbations allowed.</param>
/// <param name="Goal">The loss that is maximised.</param>
public sealed record Apgd(ThreatModel Threat, Goal Goal) : IAttack
{
    /// <inheritdoc/>
    public string Name { get; init; } = $"apgd-{Goal.Name}";

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
    public int Looks { get; init; } = 1;

    /// <summary>
    /// Whether each run starts outside the ball, with radius 3ε (30 % of the steps), then 2ε (30 %), then ε: standard for
    /// L1, undefined for other norms.
    /// </summary>
    public bool Shrinking { get; init; }

    /// <summary>Whether to reproduce the deviations of the published code.</summary>
    internal Fidelity Fidelity { get; init; }

    /// <summary>APGD-CE: maximises the cross-entropy.</summary>
    public static Apgd CrossEntropy(ThreatModel threat, AttackBudget budget) => new Apgd(threat, Goal.CrossEntropy).With(budget);

    /// <summary>APGD-DLR: maximises the difference of logits ratio.</summary>
    public static Apgd Dlr(ThreatModel threat, AttackBudget budget) => new Apgd(threat, Goal.Dlr).With(budget);

    /// <summary>APGD-T: minimises the difference of logits ratio towards nine other classes, one after another.</summary>
    public static Apgd Targeted(ThreatModel threat, AttackBudget budget) =>
        new Apgd(threat, Goal.Dlr) { Name = "apgd-t", Targets = budget.Targets ?? 9 }.With(budget);

    /// <inheritdoc/>
    public long Passes(int classes) => 3L * Looks * (Steps + 1) * Restarts * Math.Max(1, Math.Min(Targets, classes - 1));

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var rules = ApgdRules.For(Fidelity);
        var z = Clean(f, x);
        var rivals = Losses.Others(z, y, double.NegativeInfinity).argsort(1, descending: true);
        var standing = (z.argmax(1) == y).nonzero().flatten();
        var (xAdv, margin) = (x.clone(), Losses.Margin(z, y));
        for (var aim = 0; aim < Math.Max(1, Math.Min(Targets, z.shape[1] - 1)); aim++)
        {
            for (var restart = 0; restart < Restarts && standing.shape[0] > 0; restart++)
            {
                using var attempt = NewDisposeScope();
                var (xLeft, yLeft) = (x.index_select(0, standing), y.index_select(0, standing));
                var criterion = Targets == 0
                    ? Goal.Bind(f, xLeft, yLeft)
                    : Goal.BindTo(f, xLeft, yLeft, rivals[.., aim].index_select(0, standing));
                var climb = new ApgdClimb(f, criterion, xLeft, yLeft, Looks, rules);
                var summit = Try(climb, noise.Stream(aim).Stream(restart).Rows(standing));

                var nearer = rules.IsBetter(summit.Fooled, summit.Margin, margin.index_select(0, standing)).nonzero().flatten();
                var found = standing.index_select(0, nearer);
                xAdv.index_copy_(0, found, summit.Nearest.index_select(0, nearer));
                margin.index_copy_(0, found, summit.Margin.index_select(0, nearer));
                standing = standing.index_select(0, (~summit.Fooled).nonzero().flatten()).MoveToOuterDisposeScope();
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
        if (Goal == Goal.Dlr && classes < needed)
            notes.Add($"{Name}: the DLR loss needs {needed} classes and there are {classes}: the margin took its place");
        if (Targets > classes - 1)
            notes.Add($"{Name}: tried the {classes - 1} wrong classes there are instead of {Targets}");
        return notes;
    }

    private static Tensor Clean(Classifier f, Tensor x)
    {
        using var frozen = no_grad();
        return f(x);
    }

    private ApgdClimb.Summit Try(ApgdClimb climb, Noise noise)
    {
        var x = climb.X;
        if (!Shrinking) return climb.From(Begin(climb, noise), Threat, Steps, goesOn: false);

        var outside = (int)Math.Ceiling(0.3 * Steps);
        (int Radius, int Steps)[] course = [(3, outside), (2, outside), (1, Math.Max(1, Steps - 2 * outside))];
        ApgdClimb.Summit? summit = null;
        var start = x + noise.Normal(x);
        start = climb.Rules.ProjectL1(Ball(3), x, start, start - x);
        foreach (var (radius, steps) in course)
        {
            start = climb.Rules.ProjectL1(Ball(radius), x, start, start - x);
            climb.Rules.BeginBall(x, noise);
            summit = climb.From(start, Ball(radius), steps, goesOn: true);
            start = summit.Highest;
        }
        return summit!;

        ThreatModel Ball(double radius) => Threat with { Epsilon = radius * Threat.Epsilon };
    }

    private Tensor Begin(ApgdClimb climb, Noise noise)
    {
        var t = Threat.Norm == Norm.Linf ? 2 * noise.Uniform(climb.X) - 1 : noise.Normal(climb.X);
        return Threat.Norm == Norm.L1
            ? climb.Rules.ProjectL1(Threat, climb.X, climb.X + t, t)
            : climb.X + Threat.Epsilon * Threat.Unit(t);
    }

    private Apgd With(AttackBudget budget) => this with
    {
        Steps = budget.Steps ?? Steps,
        Restarts = budget.Restarts ?? Restarts,
    };
}
