using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.Term;

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
    public Parts Parts => GeometryWeight.Term(Withstood, Steps) * CrossEntropy(Smoothing) + Lambda * Kl;

    /// <inheritdoc/>
    public IObjective At(Tensor withstood, int steps) => this with { Withstood = withstood, Steps = steps };
}
