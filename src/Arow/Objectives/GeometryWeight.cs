namespace Arow.Objectives;

/// <summary>GAIRAT's sample weights (Zhang et al. 2021, equation 6), from the counts of an attack.</summary>
internal static class GeometryWeight
{
    /// <summary>The published shift of the weights' slope.</summary>
    private const double Shift = -1;

    /// <summary>
    /// (tanh(−1 + 5 (K/2 − κ_i)/(K/2)) + 1)/2, scaled to a mean of one over the batch: [N]. The sooner a sample is misclassified,
    /// the larger its weight. K/2 is rounded down as published, and is 1 for a single step.
    /// </summary>
    /// <param name="correctSteps">κ, [N]; null for weights of one.</param>
    /// <param name="steps">K.</param>
    /// <param name="like">A tensor with the length, type and device of the result.</param>
    public static Tensor Compute(Tensor? correctSteps, int steps, Tensor like)
    {
        if (correctSteps is null) return ones([like.shape[0]], like.dtype, like.device);
        double half = Math.Max(1, steps / 2);
        var w = ((Shift + (half - correctSteps.to(like.dtype)) * 5 / half).tanh() + 1) / 2;
        return w / w.mean();
    }

    /// <summary>The same as a term.</summary>
    public static LossTerm ToLossTerm(Tensor? correctSteps, int steps) => new(b => Compute(correctSteps, steps, b.Z));
}
