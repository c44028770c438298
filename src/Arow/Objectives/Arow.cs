using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;
using static Arow.Objectives.SampleWeight;

namespace Arow.Objectives;

/// <summary>
/// Anti-robust weighted regularization (Yang, Kong, Kim 2023, algorithm 1): the less robust a sample is, the more it is
/// regularized. The weight 1 − q_y is differentiated too. Smoothing 0 gives the paper's ARoW-CE.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Arow(double Lambda, double Smoothing) : IRegularized
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy(Smoothing) + 2 * Lambda * Kl * NonRobust;
}
