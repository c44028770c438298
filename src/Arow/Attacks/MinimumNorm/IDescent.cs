namespace Arow.Attacks;

/// <summary>The descent on a loss that an attack provides to <see cref="ConstantSearch"/>.</summary>
internal interface IDescent
{
    /// <summary>Takes a step.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="weightedLoss">The part of the loss that depends on the classifier: [M, K] logits to [M].</param>
    /// <param name="step">The step, from 0.</param>
    /// <returns>Images in the box, their logits, and the loss at the start of the step.</returns>
    (Tensor Tried, Tensor Z, Tensor Loss) Step(Classifier f, Criterion weightedLoss, int step);

    /// <summary>The size by which the nearest misclassified image is selected: [M], float64; null for the threat model's norm.</summary>
    Tensor? Distance(Tensor candidates) => null;

    /// <summary>Returns the descent of some of the images.</summary>
    /// <param name="select">Selects the rows of a tensor and disposes the tensor.</param>
    IDescent Select(Func<Tensor, Tensor> select);
}
