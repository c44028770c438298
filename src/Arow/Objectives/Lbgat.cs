using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Learnable boundary guided adversarial training (Cui et al. 2021): the classifier's adversarial logits follow the clean
/// logits of a companion that learns the classes along with it; the classifier itself never sees them.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the published β of its TRADES term; 0 gives the paper's LBGAT+ALP.</param>
public sealed record Lbgat(double Lambda) : IRegularized, IHelped
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <summary>The companion, in training mode.</summary>
    public Classifier? Companion { get; init; }

    /// <inheritdoc/>
    public Help Help => Help.Companion;

    /// <inheritdoc/>
    public Parts Parts => new(b => Guided(Taught(b.X), b.ZAdv, b.Y), Lambda, Divergence.Kl, Weight.None);

    /// <inheritdoc/>
    public IObjective With(Classifier helper, double? gamma = null) => this with { Companion = helper };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var λ = Lambda;
        var (z, zAdv) = (f(x), f(xAdv));
        var t = Taught(x);
        return (SquaredError(t, zAdv) + CrossEntropy(t, y) + λ * Kl(z, zAdv)).mean().MoveToOuterDisposeScope();
    }

    private Tensor Taught(Tensor x) =>
        (Companion ?? throw new InvalidOperationException("LBGAT needs a companion: see IHelped.With"))(x);

    private static Tensor Guided(Tensor t, Tensor zAdv, Tensor y) => SquaredError(t, zAdv) + CrossEntropy(t, y);
}
