namespace Arow.Objectives;

/// <summary>A batch as the terms of an objective see it.</summary>
/// <param name="F">The classifier in training mode.</param>
/// <param name="X">Clean images, [N, C, H, W] in [0, 1].</param>
/// <param name="XAdv">Adversarial images, likewise.</param>
/// <param name="Y">Classes, [N].</param>
/// <param name="Z">Logits of the clean images, [N, K].</param>
/// <param name="ZAdv">Logits of the adversarial images, [N, K].</param>
public sealed record LossInputs(Classifier F, Tensor X, Tensor XAdv, Tensor Y, Tensor Z, Tensor ZAdv);

/// <summary>
/// An objective whose pieces can be exchanged: the mean of supervised + factor · divergence · weight (+ helper). It is written
/// as an equation of <see cref="LossTerm"/>s.
/// </summary>
/// <param name="Supervised">What looks at the classes.</param>
/// <param name="Factor">λ, or 2λ where the paper writes so.</param>
/// <param name="Divergence">How far predictions have moved.</param>
/// <param name="Weight">How much that counts, sample by sample.</param>
/// <param name="Helper">A further term; null for none.</param>
public sealed record ObjectiveTerms(LossTerm Supervised, double Factor, Divergence Divergence, SampleWeight Weight, LossTerm? Helper = null)
{
    /// <summary>With a further term.</summary>
    public static ObjectiveTerms operator +(ObjectiveTerms parts, LossTerm helper) => parts with { Helper = helper };

    /// <summary>The mean over the batch: see <see cref="IObjective.Loss"/>.</summary>
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
