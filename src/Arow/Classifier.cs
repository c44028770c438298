namespace Arow;

/// <summary>
/// The view of a network that attacks and objectives have: it maps images [N, C, H, W] with pixels in [0, 1] to logits
/// [N, K]. It includes the normalization and the mode (evaluation under attack, training for the loss).
/// </summary>
/// <param name="images">[N, C, H, W], pixels in [0, 1].</param>
/// <returns>Logits [N, K], differentiable with respect to the images.</returns>
/// <example>
/// <code>
/// Classifier f = x =&gt; network.ForEvaluation()(x);
/// var accuracy = (f(x).argmax(1) == y).to(ScalarType.Float32).mean();
/// </code>
/// </example>
public delegate Tensor Classifier(Tensor images);
