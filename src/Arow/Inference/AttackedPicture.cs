namespace Arow.Inference;

/// <summary>A picture as the model sees it, and the result of an attack on its prediction.</summary>
/// <param name="Original">Prediction for the picture; its <see cref="Prediction.Attacked"/> says whether the attack changed the class.</param>
/// <param name="Adversarial">Prediction for the attacked picture.</param>
/// <param name="Pixels">C · H · W pixels in [0, 1], plane by plane.</param>
/// <param name="AdversarialPixels">The attacked picture, in the same order.</param>
/// <param name="Distance">Norm of the perturbation, at most ε but for rounding.</param>
public sealed record AttackedPicture(
    Prediction Original, Prediction Adversarial, IReadOnlyList<float> Pixels, IReadOnlyList<float> AdversarialPixels, double Distance)
{
    /// <summary>"cat 87.3 %; attacked: dog 51.2 %".</summary>
    public override string ToString() => $"{Original}; attacked: {Adversarial}";
}
