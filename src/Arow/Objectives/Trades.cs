using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// TRADES (Zhang et al. 2019): the natural error and, λ times, how far the prediction can be moved. With smoothing it is
/// the TRADES-LS of the ARoW paper.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record Trades(double Lambda, double Smoothing = 0) : IRegularized
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <inheritdoc/>
    public Parts Parts => new(b => CrossEntropy(b.Z, b.Y, Smoothing), Lambda, Divergence.Kl, Weight.None);

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α) = this;
        var (z, zAdv) = (f(x), f(xAdv));
        return (CrossEntropy(z, y, α) + λ * Kl(z, zAdv)).mean().MoveToOuterDisposeScope();
    }
}
