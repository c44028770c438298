using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// TRADES with the samples of its natural term weighed as in GAIRAT (Zhang et al. 2021).
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record GairTrades(double Lambda, double Smoothing = 0) : IRegularized, IGeometryAware, INeedsClass
{
    private Tensor? Withstood { get; init; }
    private int Steps { get; init; }

    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.Kl;

    /// <inheritdoc/>
    public Parts Parts => new(
        b => GeometryWeight.Of(Withstood, Steps, b.Z) * CrossEntropy(b.Z, b.Y, Smoothing), Lambda, Divergence.Kl, Weight.None);

    /// <inheritdoc/>
    public IObjective At(Tensor withstood, int steps) => this with { Withstood = withstood, Steps = steps };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (λ, α) = this;
        var (z, zAdv) = (f(x), f(xAdv));
        var w = GeometryWeight.Of(Withstood, Steps, z);
        return (w * CrossEntropy(z, y, α) + λ * Kl(z, zAdv)).mean().MoveToOuterDisposeScope();
    }
}
