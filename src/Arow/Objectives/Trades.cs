using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;

namespace Arow.Objectives;

/// <summary>
/// TRADES (Zhang et al. 2019): the natural error plus λ times the divergence under attack. With smoothing it is
/// the TRADES-LS of the ARoW paper.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Trades(double Lambda, double Smoothing = 0) : IRegularized
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy(Smoothing) + Lambda * Kl;
}
