using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Anti-robust weighted regularization (Yang, Kong, Kim 2023, algorithm 1): the less robust a sample is, the more it is
/// regularized. The weight 1 − q_y is part of what is differentiated. Smoothing 0 gives the paper's ARoW-CE.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Arow(double Lambda, double Smoothing) : IRegularized
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <inheritdoc/>
    public Parts Parts => new(b => CrossEntropy(b.Z, b.Y, Smoothing), 2 * Lambda, Divergence.Kl, Weight.NonRobust);

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α) = this;
        var (z, zAdv) = (f(x), f(xAdv));
        return (CrossEntropy(z, y, α) + 2 * λ * Kl(z, zAdv) * (1 - Probability(zAdv, y))).mean().MoveToOuterDisposeScope();
    }
}
