using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;

namespace Arow.Objectives;

/// <summary>
/// Adversarial logit pairing (Kannan, Kurakin, Goodfellow 2018): clean and adversarial images together, half and half,
/// and the squared distance of their logits. A baseline that is known to mask gradients: judge it by strong attacks.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record LogitPairing(double Lambda, double Smoothing = 0) : IRegularized
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.CrossEntropy;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => (CrossEntropy(Smoothing) + AdversarialCrossEntropy(Smoothing)) / 2 + Lambda * SquaredError;
}
