using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;
using static Arow.Objectives.SampleWeight;

namespace Arow.Objectives;

/// <summary>What it does, and where it was published. Here: the divergence counts for samples that the network is unsure of.</summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record MyObjective(double Lambda, double Smoothing) : IRegularized
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss => AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy(Smoothing) + Lambda * Kl * Unsure;
}
