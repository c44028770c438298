using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Adversarial training (Madry et al. 2018), PGD-AT in tables: cross-entropy of the adversarial images alone.
/// </summary>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record AdversarialTraining(double Smoothing = 0) : IObjective
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.CrossEntropy;

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y) => CrossEntropy(f(xAdv), y, Smoothing).mean();
}
