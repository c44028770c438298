namespace Arow.Attacks;

/// <summary>How APGD walks in a norm: where a step leads and when steps shorten.</summary>
internal interface IApgdGait
{
    /// <summary>The point after <paramref name="x"/>, in the ball and the box.</summary>
    /// <param name="x">Where the climb is.</param>
    /// <param name="before">Where it was a step ago.</param>
    /// <param name="g">The gradient at <paramref name="x"/>.</param>
    Tensor Step(Tensor x, Tensor before, Tensor g);

    /// <summary>
    /// Told what a step came to. At checkpoints it adapts the steps and names the samples that go back to their best point:
    /// [N], bool; null elsewhere.
    /// </summary>
    /// <param name="values">The goal after the step, [N].</param>
    /// <param name="best">The highest so far, [N].</param>
    /// <param name="xBest">Where that was.</param>
    Tensor? Judge(Tensor values, Tensor best, Tensor xBest);
}
