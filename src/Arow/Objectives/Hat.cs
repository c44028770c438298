using Arow.Attacks;
using static Arow.Objectives.Divergence;
using static Arow.Objectives.LossTerm;

namespace Arow.Objectives;

/// <summary>
/// Helper-based adversarial training (Rade and Moosavi-Dezfooli 2022): TRADES, and helper images at twice the perturbation of the
/// adversarial images, with the labels that a standard network predicts for the adversarial images.
/// </summary>
/// <param name="Lambda">λ ≥ 0.</param>
public sealed record Hat(double Lambda) : IRegularized, IUsesAuxiliaryModel
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
    public ObjectiveTerms Terms => CrossEntropy() + Lambda * Kl + Gamma * HatExamples.CrossEntropy(Standard);

    /// <inheritdoc/>
    public IObjective WithAuxiliary(Classifier helper, double? gamma = null) => this with { Standard = helper, Gamma = gamma ?? Gamma };
}
