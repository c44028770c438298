using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;
using static Arow.Objectives.SampleWeight;

namespace Arow.Objectives;

/// <summary>
/// Confidence-weighted regularization (Yang, Kong, Kim 2023, section 3.3): the opposite of ARoW, which regularizes
/// confident samples most.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Cow(double Lambda, double Smoothing) : IRegularized
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy(Smoothing) + 2 * Lambda * Kl * Confident;
}
