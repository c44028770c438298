using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.Term;
using static Arow.Objectives.Weight;

namespace Arow.Objectives;

/// <summary>
/// Misclassification-aware adversarial training (Wang et al. 2020), constants as published.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
public sealed record Mart(double Lambda) : IRegularized, INeedsClass
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.CrossEntropy;

    /// <inheritdoc/>
    public Parts Parts => BoostedCrossEntropy + Lambda * Kl * Unsure;
}
