namespace Arow;

/// <summary>
/// All that an attack or an objective knows of a network: images [N, C, H, W] with pixels in [0, 1] go in, logits
/// [N, K] come out. Normalisation is inside, and so is the mode (evaluation while attacking, training for the loss).
/// </summary>
/// <param name="images">[N, C, H, W], pixels in [0, 1].</param>
/// <returns>Logits [N, K], differentiable with respect to the images.</returns>
public delegate Tensor Classifier(Tensor images);
