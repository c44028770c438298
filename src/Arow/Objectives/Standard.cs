using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Standard training: cross-entropy of the clean images alone.
/// </summary>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Standard(double Smoothing = 0) : IObjective
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss => null;

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y) => CrossEntropy(f(x), y, Smoothing).mean();
}
