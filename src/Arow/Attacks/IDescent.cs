namespace Arow.Attacks;

/// <summary>How an attack lowers a loss from an image: what <see cref="ConstantSearch"/> leaves to it.</summary>
internal interface IDescent
{
    /// <summary>Takes a step.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="weighed">The part of the loss that has the classifier in it: [M, K] logits to [M].</param>
    /// <param name="step">From 0.</param>
    /// <returns>Images in the box, their logits, and the loss where the step began.</returns>
    (Tensor Tried, Tensor Z, Tensor Loss) Step(Classifier f, Criterion weighed, int step);

    /// <summary>By what the nearest of misclassified images is found: [M], float64; null for the threat model's norm.</summary>
    Tensor? Size(Tensor tried) => null;

    /// <summary>The descent of some of the images.</summary>
    /// <param name="some">Takes these rows of a tensor, which is gone after it.</param>
    IDescent Keep(Func<Tensor, Tensor> some);
}
