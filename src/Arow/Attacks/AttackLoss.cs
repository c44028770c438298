namespace Arow.Attacks;

/// <summary>A function of logits [N, K] that an attack maximises for each sample: [N].</summary>
public delegate Tensor Criterion(Tensor z);

/// <summary>
/// The loss that an attack maximises. It is bound once for each batch, so that quantities of the clean images are
/// computed once, not at every step.
/// </summary>
/// <param name="Name">The name in run files and tables.</param>
/// <param name="Bind">Maps a classifier, clean images and true classes to a function of adversarial logits.</param>
public sealed record AttackLoss(string Name, Func<Classifier, Tensor, Tensor, Criterion> Bind)
{
    /// <summary>Cross-entropy of the true class.</summary>
    public static readonly AttackLoss CrossEntropy = new("ce", (_, _, y) => z => Losses.CrossEntropy(z, y));

    /// <summary>KL(p ‖ q), the divergence from the clean prediction p, independent of the label (TRADES, ARoW).</summary>
    public static readonly AttackLoss Kl = new("kl", (f, x, _) =>
    {
        // The entropy of p is left out: it does not depend on the adversarial image. The logarithm of a softmax cannot
        // underflow; the published attack uses it too, the published objectives do not.
        var p = F.softmax(CleanLogits(f, x), 1);
        return z => -(p * F.log_softmax(z, 1)).sum(1);
    });

    /// <summary>KL(q ‖ p).</summary>
    public static readonly AttackLoss ReverseKl = new("revkl", (f, x, _) =>
    {
        var logP = F.log_softmax(CleanLogits(f, x), 1);
        return z => (F.softmax(z, 1) * (F.log_softmax(z, 1) - logP)).sum(1);
    });

    /// <summary>The Jensen–Shannon divergence of p and q.</summary>
    public static readonly AttackLoss JensenShannon = new("js", (f, x, _) =>
    {
        var zClean = CleanLogits(f, x);
        return z => Losses.JensenShannon(zClean, z);
    });

    /// <summary>max_{k ≠ y} z_k − z_y (Carlini and Wagner 2017).</summary>
    public static readonly AttackLoss Margin = new("margin", (_, _, y) => z => -Losses.Margin(z, y)) { NeedsClass = true };

    /// <summary>
    /// The difference of logits ratio (Croce and Hein 2020). It needs 3 classes, 4 when targeted; with fewer classes the
    /// margin is used instead.
    /// </summary>
    public static readonly AttackLoss Dlr = new("dlr", (_, _, y) => z =>
        z.shape[1] < 3 ? -Losses.Margin(z, y) : Losses.Dlr(z, y))
    {
        NeedsClass = true,
        TargetedLoss = (y, t) => z => z.shape[1] < 4 ? Losses.At(z, t) - Losses.At(z, y) : Losses.TargetedDlr(z, y, t),
    };

    /// <summary>Whether the loss requires a single true class; labels of mixed images have several.</summary>
    public bool NeedsClass { get; init; }

    /// <summary>The losses by name.</summary>
    public static readonly IReadOnlyList<AttackLoss> All = [CrossEntropy, Kl, ReverseKl, JensenShannon, Margin, Dlr];

    /// <summary>
    /// Maps true classes and targets to the targeted loss; null for the negative of the untargeted loss at the target.
    /// </summary>
    private Func<Tensor, Tensor, Criterion>? TargetedLoss { get; init; }

    /// <summary>
    /// Returns the targeted version of the loss: the attack minimises the loss of the target instead of maximising that of
    /// the true class. Only for losses that depend on the class (<see cref="CrossEntropy"/>, <see cref="Margin"/>,
    /// <see cref="Dlr"/>).
    /// </summary>
    /// <param name="target">Maps clean logits [N, K] and true classes [N] to targets [N].</param>
    public AttackLoss Targeted(Func<Tensor, Tensor, Tensor> target) =>
        new($"{Name}-targeted", (f, x, y) => BindTargeted(f, x, y, target(CleanLogits(f, x), y)));

    /// <summary>Binds the targeted loss for targets [N] that are already known.</summary>
    public Criterion BindTargeted(Classifier f, Tensor x, Tensor y, Tensor target)
    {
        if (TargetedLoss is not null) return TargetedLoss(y, target);
        var loss = Bind(f, x, target);
        return z => -loss(z);
    }

    /// <summary>The class of the lowest clean probability (Kurakin et al. 2017).</summary>
    public static Tensor LeastLikely(Tensor z, Tensor y) => z.argmin(1);

    /// <summary>The class after the true one.</summary>
    public static Tensor NextClass(Tensor z, Tensor y) => (y + 1).remainder(z.shape[1]);

    private static Tensor CleanLogits(Classifier f, Tensor x)
    {
        using var frozen = no_grad();
        return f(x);
    }
}
