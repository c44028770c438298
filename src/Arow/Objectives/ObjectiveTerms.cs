namespace Arow.Objectives;

/// <summary>The inputs of loss terms for a batch.</summary>
/// <param name="F">The classifier in training mode.</param>
/// <param name="X">Clean images, [N, C, H, W] in [0, 1].</param>
/// <param name="XAdv">Adversarial images, likewise.</param>
/// <param name="Y">Classes, [N].</param>
/// <param name="Z">Logits of the clean images, [N, K].</param>
/// <param name="ZAdv">Logits of the adversarial images, [N, K].</param>
public sealed record LossInputs(Classifier F, Tensor X, Tensor XAdv, Tensor Y, Tensor Z, Tensor ZAdv);

/// <summary>
/// An objective with exchangeable components: the mean of supervised + factor · divergence · weight (+ helper). It is written
/// as an equation of <see cref="LossTerm"/>s.
/// </summary>
/// <param name="Supervised">The supervised term.</param>
/// <param name="Factor">λ, or 2λ as in the paper.</param>
/// <param name="Divergence">The divergence.</param>
/// <param name="Weight">The sample weight of the divergence.</param>
/// <param name="Helper">A further term; null for none.</param>
public sealed record ObjectiveTerms(LossTerm Supervised, double Factor, Divergence Divergence, SampleWeight Weight, LossTerm? Helper = null)
{
    /// <summary>Adds a term.</summary>
    public static ObjectiveTerms operator +(ObjectiveTerms parts, LossTerm helper) => parts with { Helper = helper };

    /// <summary>Computes the mean over the batch: see <see cref="IObjective.Loss"/>.</summary>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var (z, zAdv) = (f(x), f(xAdv));
        var batch = new LossInputs(f, x, xAdv, y, z, zAdv);
        var loss = Supervised.Compute(batch) + Regularization();
        return (Helper is null ? loss : loss + Helper.Compute(batch)).mean();

        Tensor Regularization() => ReferenceEquals(Weight, SampleWeight.None)
            ? Factor * Divergence.Compute(z, zAdv)
            : Factor * Divergence.Compute(z, zAdv) * Weight.Compute(z, zAdv, y);
    }
}
