namespace Arow.Objectives;

/// <summary>factor · divergence · weight, as in equations: <c>2 * Lambda * Kl * NonRobust</c>.</summary>
/// <param name="Factor">λ, or 2λ as in the paper.</param>
/// <param name="Divergence">The divergence.</param>
/// <param name="Weight">The sample weight of the divergence.</param>
public sealed record Regularizer(double Factor, Divergence Divergence, SampleWeight Weight)
{
    /// <summary>Weights each sample.</summary>
    public static Regularizer operator *(Regularizer regularizer, SampleWeight weight) => regularizer with { Weight = weight };
}
