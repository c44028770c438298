using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>
/// The loss that training minimizes. An objective uses the classifier as a function, clean images, adversarial images and
/// classes; it states only the loss that the attack maximizes.
/// </summary>
public interface IObjective
{
    /// <summary>The loss that the attack maximizes; null if the objective uses no adversarial images.</summary>
    AttackLoss? AttackLoss { get; }

    /// <summary>Computes the mean loss of a batch: a scalar. It and all temporaries belong to the caller's dispose scope.</summary>
    /// <param name="f">The classifier in training mode. Batch norm sees its calls in their order, clean ones first.</param>
    /// <param name="x">Clean images, [N, C, H, W] in [0, 1].</param>
    /// <param name="xAdv">Adversarial images, likewise; the clean ones if <see cref="AttackLoss"/> is null.</param>
    /// <param name="y">Classes, [N], or, for mixed images or softened labels, their probabilities [N, K].</param>
    Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y);
}
