using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;

namespace Arow.Objectives;

/// <summary>
/// TRADES with the sample weights of GAIRAT on its natural term (Zhang et al. 2021).
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record GairTrades(double Lambda, double Smoothing = 0) : IRegularized, IGeometryAware, INeedsClass
{
    private Tensor? CorrectSteps { get; init; }
    private int Steps { get; init; }

    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => GeometryWeight.ToLossTerm(CorrectSteps, Steps) * CrossEntropy(Smoothing) + Lambda * Kl;

    /// <inheritdoc/>
    public IObjective WithGeometry(Tensor correctSteps, int steps) => this with { CorrectSteps = correctSteps, Steps = steps };
}
