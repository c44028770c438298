namespace Arow.Attacks;

/// <summary>A function of logits [N, K] that an attack maximises for each sample: [N].</summary>
public delegate Tensor Criterion(Tensor z);

/// <summary>
/// What an attack maximises. It is bound once for each batch, so that what it needs of the clean images is computed
/// once and not at every step.
/// </summary>
/// <param name="Name">How run files and tables call it.</param>
/// <param name="Bind">From a classifier, clean images and true classes to the function of adversarial logits.</param>
public sealed record Goal(string Name, Func<Classifier, Tensor, Tensor, Criterion> Bind)
{
    /// <summary>Cross-entropy of the true class.</summary>
    public static readonly Goal CrossEntropy = new("ce", (_, _, y) => z => Losses.CrossEntropy(z, y));

    /// <summary>KL(p ‖ q), away from the clean prediction p, whatever the label (TRADES, ARoW).</summary>
    public static readonly Goal Kl = new("kl", (f, x, _) =>
    {
        // Without the entropy of p, which no adversarial image changes; with the logarithm of a softmax that cannot
        // underflow (the published attack has it so, its objectives do not).
        var p = F.softmax(Clean(f, x), 1);
        return z => -(p * F.log_softmax(z, 1)).sum(1);
    });

    /// <summary>KL(q ‖ p).</summary>
    public static readonly Goal ReverseKl = new("revkl", (f, x, _) =>
    {
        var logP = F.log_softmax(Clean(f, x), 1);
        return z => (F.softmax(z, 1) * (F.log_softmax(z, 1) - logP)).sum(1);
    });

    /// <summary>The Jensen–Shannon divergence of p and q.</summary>
    public static readonly Goal JensenShannon = new("js", (f, x, _) =>
    {
        var zClean = Clean(f, x);
        return z => Losses.JensenShannon(zClean, z);
    });

    /// <summary>max_{k ≠ y} z_k − z_y (Carlini and Wagner 2017).</summary>
    public static readonly Goal Margin = new("margin", (_, _, y) => z => -Losses.Margin(z, y)) { NeedsClass = true };

    /// <summary>
    /// The difference of logits ratio (Croce and Hein 2020). It needs 3 classes, 4 when turned towards one: with fewer the
    /// margin takes its place.
    /// </summary>
    public static readonly Goal Dlr = new("dlr", (_, _, y) => z =>
        z.shape[1] < 3 ? -Losses.Margin(z, y) : Losses.Dlr(z, y))
    {
        NeedsClass = true,
        Aim = (y, t) => z => z.shape[1] < 4 ? Losses.At(z, t) - Losses.At(z, y) : Losses.TargetedDlr(z, y, t),
    };

    /// <summary>Whether it has a meaning only where a single class is true: labels of mixed images have several.</summary>
    public bool NeedsClass { get; init; }

    /// <summary>The goals by name.</summary>
    public static readonly IReadOnlyList<Goal> All = [CrossEntropy, Kl, ReverseKl, JensenShannon, Margin, Dlr];

    /// <summary>
    /// From true classes and targets to what is maximised to get to the targets; null for the negative of what is
    /// maximised to get away from them.
    /// </summary>
    private Func<Tensor, Tensor, Criterion>? Aim { get; init; }

    /// <summary>
    /// The same goal turned towards a class: the attack lowers the loss of the target instead of raising that of the
    /// true class. Only for goals that look at the class (<see cref="CrossEntropy"/>, <see cref="Margin"/>,
    /// <see cref="Dlr"/>).
    /// </summary>
    /// <param name="target">From clean logits [N, K] and true classes [N] to targets [N].</param>
    public Goal Towards(Func<Tensor, Tensor, Tensor> target) =>
        new($"{Name}-targeted", (f, x, y) => BindTo(f, x, y, target(Clean(f, x), y)));

    /// <summary>Bound once for each batch, for targets [N] that are known already.</summary>
    public Criterion BindTo(Classifier f, Tensor x, Tensor y, Tensor target)
    {
        if (Aim is not null) return Aim(y, target);
        var raise = Bind(f, x, target);
        return z => -raise(z);
    }

    /// <summary>The class with the least clean probability (Kurakin et al. 2017).</summary>
    public static Tensor LeastLikely(Tensor z, Tensor y) => z.argmin(1);

    /// <summary>The class after the true one.</summary>
    public static Tensor Next(Tensor z, Tensor y) => (y + 1).remainder(z.shape[1]);

    private static Tensor Clean(Classifier f, Tensor x)
    {
        using var frozen = no_grad();
        return f(x);
    }
}
