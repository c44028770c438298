using Arow.Attacks;
using static Arow.Losses;

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
    public Goal? Goal { get; init; } = Goal.CrossEntropy;

    /// <inheritdoc/>
    public Parts Parts => new(
        b => (CrossEntropy(b.Z, b.Y, Smoothing) + CrossEntropy(b.ZAdv, b.Y, Smoothing)) / 2,
        Lambda, Divergence.SquaredError, Weight.None);

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α) = this;
        var (z, zAdv) = (f(x), f(xAdv));
        return ((CrossEntropy(z, y, α) + CrossEntropy(zAdv, y, α)) / 2 + λ * SquaredError(z, zAdv)).mean().MoveToOuterDisposeScope();
    }
}
