using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Confidence-weighted regularization (Yang, Kong, Kim 2023, section 3.3): ARoW's opposite number, which regularizes
/// the samples most that the classifier is sure of.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Cow(double Lambda, double Smoothing) : IRegularized
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <inheritdoc/>
    public Parts Parts => new(b => CrossEntropy(b.Z, b.Y, Smoothing), 2 * Lambda, Divergence.Kl, Weight.Confident);

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α) = this;
        var (z, zAdv) = (f(x), f(xAdv));
        return (CrossEntropy(z, y, α) + 2 * λ * Kl(z, zAdv) * Probability(z, y)).mean().MoveToOuterDisposeScope();
    }
}
