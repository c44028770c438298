using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// IKL-AT (Cui et al. 2024, "Decoupled Kullback-Leibler divergence loss"): TRADES with the improved divergence, whose first
/// term moves clean and adversarial logits alike and weighs pairs of classes by what is predicted for the image's class on
/// average.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the published α of the soft cross-entropy; the published β is five times as much.</param>
public sealed record Ikl(double Lambda) : IRegularized, IClassAware
{
    private Tensor? Means { get; init; }

    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <inheritdoc/>
    public Parts Parts => new(b => CrossEntropy(b.Z, b.Y), Lambda, Divergence.ImprovedKlOf(Means), Weight.None);

    /// <inheritdoc/>
    public IObjective Knowing(Tensor means) => this with { Means = means };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, w) = (Lambda, Means);
        var (z, zAdv) = (f(x), f(xAdv));
        return (CrossEntropy(z, y) + λ * ImprovedKl(z, zAdv, w)).mean().MoveToOuterDisposeScope();
    }
}
