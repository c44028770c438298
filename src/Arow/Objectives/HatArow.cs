using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;
using static Arow.Objectives.SampleWeight;

namespace Arow.Objectives;

/// <summary>
/// ARoW with the helper images of HAT, which the published ARoW code mentions but lacks.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the ARoW paper's; the published code's <c>--lamb</c> is 2λ.</param>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record HatArow(double Lambda, double Smoothing) : IRegularized, IUsesAuxiliaryModel
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <summary>γ ≥ 0, the weight of the helper images.</summary>
    public double Gamma { get; init; } = 0.25;

    /// <summary>The standard network.</summary>
    public Classifier? Standard { get; init; }

    /// <inheritdoc/>
    public AuxiliaryModel AuxiliaryModel => AuxiliaryModel.Standard;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => CrossEntropy(Smoothing) + 2 * Lambda * Kl * NonRobust + Gamma * HatExamples.CrossEntropy(Standard);

    /// <inheritdoc/>
    public IObjective WithAuxiliary(Classifier helper, double? gamma = null) => this with { Standard = helper, Gamma = gamma ?? Gamma };
}
