using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;
using static Arow.Objectives.SampleWeight;

namespace Arow.Objectives;

/// <summary>
/// Misclassification-aware adversarial training (Wang et al. 2020), constants as published.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
public sealed record Mart(double Lambda) : IRegularized, INeedsClass
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.CrossEntropy;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => BoostedCrossEntropy + Lambda * Kl * Unsure;
}
