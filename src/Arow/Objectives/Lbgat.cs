using Arow.Attacks;
using static Arow.Objectives.Divergence;

namespace Arow.Objectives;

/// <summary>
/// Learnable boundary guided adversarial training (Cui et al. 2021): the classifier's adversarial logits follow the clean
/// logits of a helper network that is trained jointly on the labels; the classifier itself does not use labels.
/// </summary>
/// <param name="Lambda">λ ≥ 0, the published β of its TRADES term; 0 gives the paper's LBGAT+ALP.</param>
public sealed record Lbgat(double Lambda) : IRegularized, IUsesAuxiliaryModel
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.Kl;

    /// <summary>The helper network, in training mode.</summary>
    public Classifier? Companion { get; init; }

    /// <inheritdoc/>
    public AuxiliaryModel AuxiliaryModel => AuxiliaryModel.Companion;

    /// <inheritdoc/>
    public ObjectiveTerms Terms => Guided + Lambda * Kl;

    /// <inheritdoc/>
    public IObjective WithAuxiliary(Classifier helper, double? gamma = null) => this with { Companion = helper };

    /// <summary>mean_k (t_k − z'_k)² + CE(t, y), t the helper network's logits of the clean images.</summary>
    private LossTerm Guided => new(b =>
    {
        var t = (Companion ?? throw new InvalidOperationException("LBGAT needs a helper network: see IUsesAuxiliaryModel"))(b.X);
        return Losses.SquaredError(t, b.ZAdv) + Losses.CrossEntropy(t, b.Y);
    });
}
