namespace Arow.Objectives;

/// <summary>A batch as the terms of an objective see it.</summary>
/// <param name="F">The classifier in training mode.</param>
/// <param name="X">Clean images, [N, C, H, W] in [0, 1].</param>
/// <param name="XAdv">Adversarial images, likewise.</param>
/// <param name="Y">Classes, [N].</param>
/// <param name="Z">Logits of the clean images, [N, K].</param>
/// <param name="ZAdv">Logits of the adversarial images, [N, K].</param>
public sealed record Seen(Classifier F, Tensor X, Tensor XAdv, Tensor Y, Tensor Z, Tensor ZAdv);

/// <summary>
/// An objective whose pieces can be exchanged: the mean of supervised + factor · divergence · weight (+ helper). It is written
/// as an equation of <see cref="Term"/>s.
/// </summary>
/// <param name="Supervised">What looks at the classes.</param>
/// <param name="Factor">λ, or 2λ where the paper writes so.</param>
/// <param name="Divergence">How far predictions have moved.</param>
/// <param name="Weight">How much that counts, sample by sample.</param>
/// <param name="Helper">A further term; null for none.</param>
public sealed record Parts(Term Supervised, double Factor, Divergence Divergence, Weight Weight, Term? Helper = null)
{
    /// <summary>With a further term.</summary>
    public static Parts operator +(Parts parts, Term helper) => parts with { Helper = helper };

    /// <summary>The mean over the batch: see <see cref="IObjective.Loss"/>.</summary>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var (z, zAdv) = (f(x), f(xAdv));
        var batch = new Seen(f, x, xAdv, y, z, zAdv);
        var loss = Supervised.Of(batch) + Regularization();
        return (Helper is null ? loss : loss + Helper.Of(batch)).mean();

        Tensor Regularization() => ReferenceEquals(Weight, Weight.None)
            ? Factor * Divergence.Of(z, zAdv)
            : Factor * Divergence.Of(z, zAdv) * Weight.Of(z, zAdv, y);
    }
}
