using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>
/// What training minimises. An objective sees the classifier as a function, clean images, adversarial images and
/// classes; where the adversarial images come from is only named here, by what they maximise.
/// </summary>
public interface IObjective
{
    /// <summary>What the adversarial images maximise; null if the objective does without them.</summary>
    AttackLoss? AttackLoss { get; }

    /// <summary>The mean loss of a batch: a scalar. It and all temporaries belong to the caller's dispose scope.</summary>
    /// <param name="f">The classifier in training mode. Batch norm sees its calls in their order, clean ones first.</param>
    /// <param name="x">Clean images, [N, C, H, W] in [0, 1].</param>
    /// <param name="xAdv">Adversarial images, likewise; the clean ones where <see cref="AttackLoss"/> is null.</param>
    /// <param name="y">Classes, [N], or, where images are mixed or labels softened, their probabilities [N, K].</param>
    Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y);
}
