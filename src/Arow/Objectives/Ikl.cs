using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;

namespace Arow.Objectives;

/// <summary>
/// IKL-AT (Cui et al. 2024, "Decoupled Kullback-Leibler divergence loss"): TRADES with the improved divergence, whose first
/// term has gradients for clean and adversarial logits and weights pairs of classes by the mean prediction for the image's
/// class.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the published α of the soft cross-entropy; the published β is five times as much.</param>
public sealed record Ikl(double Lambda) : IRegularized, IClassAware
{
    private Tensor? Means { get; init; }

    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy() + Lambda * ImprovedKlWith(Means);

    /// <inheritdoc/>
    public IObjective WithClassMeans(Tensor means) => this with { Means = means };
}
