namespace Arow.Objectives;

/// <summary>factor · divergence · weight, as an equation has it: <c>2 * Lambda * Kl * NonRobust</c>.</summary>
/// <param name="Factor">λ, or 2λ where the paper writes so.</param>
/// <param name="Divergence">How far predictions have moved.</param>
/// <param name="Weight">How much that counts, sample by sample.</param>
public sealed record Regularizer(double Factor, Divergence Divergence, SampleWeight Weight)
{
    /// <summary>Weighed sample by sample.</summary>
    public static Regularizer operator *(Regularizer regularizer, SampleWeight weight) => regularizer with { Weight = weight };
}
