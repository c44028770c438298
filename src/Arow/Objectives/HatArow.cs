using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// ARoW with the helper images of HAT, which the published ARoW code names and lacks.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the ARoW paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record HatArow(double Lambda, double Smoothing) : IRegularized, IHelped
{
    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <summary>γ ≥ 0, how much the helper images count.</summary>
    public double Gamma { get; init; } = 0.25;

    /// <summary>The standard network.</summary>
    public Classifier? Standard { get; init; }

    /// <inheritdoc/>
    public Help Help => Help.Standard;

    /// <inheritdoc/>
    public Parts Parts => new(
        b => CrossEntropy(b.Z, b.Y, Smoothing), 2 * Lambda, Divergence.Kl, Weight.NonRobust,
        b => Gamma * FartherImages.Loss(b.F, Standard, b.X, b.XAdv));

    /// <inheritdoc/>
    public IObjective With(Classifier helper, double? gamma = null) => this with { Standard = helper, Gamma = gamma ?? Gamma };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α, γ) = (Lambda, Smoothing, Gamma);
        var (z, zAdv) = (f(x), f(xAdv));
        return (CrossEntropy(z, y, α) + 2 * λ * Kl(z, zAdv) * (1 - Probability(zAdv, y))
            + γ * FartherImages.Loss(f, Standard, x, xAdv)).mean().MoveToOuterDisposeScope();
    }
}
