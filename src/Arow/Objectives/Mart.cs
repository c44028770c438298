using Arow.Attacks;
using static Arow.Losses;

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
    public Parts Parts => new(b => BoostedCrossEntropy(b.ZAdv, b.Y), Lambda, Divergence.Kl, Weight.Unsure);

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var λ = Lambda;
        var (z, zAdv) = (f(x), f(xAdv));
        return (BoostedCrossEntropy(zAdv, y) + λ * Kl(z, zAdv) * (1 - Probability(z, y))).mean().MoveToOuterDisposeScope();
    }
}
