namespace Arow.Attacks;

/// <summary>The step rule of APGD in a norm: the next point and the adaptation of the step size.</summary>
internal interface IApgdStepRule
{
    /// <summary>Computes the point after <paramref name="x"/>, in the ball and the box.</summary>
    /// <param name="x">The current point.</param>
    /// <param name="previous">The point one step earlier.</param>
    /// <param name="g">The gradient at <paramref name="x"/>.</param>
    Tensor Step(Tensor x, Tensor previous, Tensor g);

    /// <summary>
    /// Records the result of a step. At checkpoints it adapts the step size and returns the samples that are reset to their
    /// best point: [N], bool; null elsewhere.
    /// </summary>
    /// <param name="loss">The loss after the step, [N].</param>
    /// <param name="bestLoss">The highest loss so far, [N].</param>
    /// <param name="xBest">The points of the highest loss.</param>
    Tensor? Adapt(Tensor loss, Tensor bestLoss, Tensor xBest);
}
