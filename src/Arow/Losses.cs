namespace Arow;

/// <summary>
/// Functions of logits for objectives and attacks, with one value for each sample and no reduction over the batch. z are
/// logits [N, K], y classes [N] (int64); p = softmax(z) of clean images, q of adversarial images. Results are [N].
/// Gradients flow through every argument and are finite for all finite logits. Where y may be class probabilities [N, K]
/// (mixed images, softened labels), a value of class y is the mean under these probabilities.
/// Results and temporaries belong to the caller's dispose scope.
/// </summary>
/// <example>
/// <code>
/// // ARoW, the terms of algorithm 1 for λ and α.
/// var loss = (Losses.CrossEntropy(z, y, α) + 2 * λ * Losses.Kl(z, zAdv) * (1 - Losses.Probability(zAdv, y))).mean();
/// </code>
/// </example>
public static class Losses
{
    /// <summary>The constant that published code adds inside logarithms of q and to denominators.</summary>
    private const double Epsilon = 1e-12;

    /// <summary>The published β/α of the improved KL: 20/4.</summary>
    private const double PairsShare = 5;

    /// <summary>Cross-entropy with label smoothing: (1 − α) · (−log p_y) + α · mean_k(−log p_k).</summary>
    /// <param name="z">Logits, [N, K].</param>
    /// <param name="y">Classes, [N], or their probabilities, [N, K].</param>
    /// <param name="α">Smoothing in [0, 1]; 0 is plain cross-entropy.</param>
    public static Tensor CrossEntropy(Tensor z, Tensor y, double α = 0)
    {
        var logP = F.log_softmax(z, 1);
        return α == 0 ? -Mean(logP, y) : (1 - α) * -Mean(logP, y) + α * -logP.mean([1]);
    }

    /// <summary>
    /// KL(p ‖ q) = Σ_k p_k (log p_k − log(q_k + 1e-12)): the published definition, with log p_k computed by a log-softmax.
    /// Where p_k underflows to zero this avoids the published code's gradient of 0 · ∞.
    /// </summary>
    /// <param name="z">Clean logits, [N, K].</param>
    /// <param name="zAdv">Adversarial logits, [N, K].</param>
    public static Tensor Kl(Tensor z, Tensor zAdv)
    {
        var logP = F.log_softmax(z, 1);
        var q = F.softmax(zAdv, 1);
        return (logP.exp() * (logP - (q + Epsilon).log())).sum(1);
    }

    /// <summary>
    /// The improved KL (Cui et al. 2024): 5 · ¼ Σ_jk w_j w_k ((z_j − z_k) − (z'_j − z'_k))² + KL(p ‖ q) with p detached. For
    /// weights of sum one the sum over pairs is twice the variance of z − z' under w, and is computed so. The published soft
    /// cross-entropy is this KL up to the entropy of p, which has no gradient.
    /// </summary>
    /// <param name="z">Clean logits, [N, K].</param>
    /// <param name="zAdv">Adversarial logits, [N, K].</param>
    /// <param name="w">The probability of each class for images of the sample's class: [N, K], rows of sum one; null for 1/K.</param>
    public static Tensor ImprovedKl(Tensor z, Tensor zAdv, Tensor? w = null)
    {
        w = w?.to(z.dtype) ?? full_like(z.detach(), 1.0 / z.shape[1]);
        var d = z - zAdv;
        var variance = (w * (d - (w * d).sum(1, keepdim: true)).square()).sum(1);
        return PairsShare * variance / 2 + Kl(z.detach(), zAdv);
    }

    /// <summary>The Jensen–Shannon divergence: the mean of KL(p ‖ m) and KL(q ‖ m) with m = (p + q)/2.</summary>
    /// <param name="z">Clean logits, [N, K].</param>
    /// <param name="zAdv">Adversarial logits, [N, K].</param>
    public static Tensor JensenShannon(Tensor z, Tensor zAdv)
    {
        var (logP, logQ) = (F.log_softmax(z, 1), F.log_softmax(zAdv, 1));
        var logM = logaddexp(logP, logQ) - Math.Log(2);
        var klP = (logP.exp() * (logP - logM)).sum(1);
        var klQ = (logQ.exp() * (logQ - logM)).sum(1);
        return (klP + klQ) / 2;
    }

    /// <summary>mean_k (z_k − z'_k)²: the mean squared difference of the logits.</summary>
    /// <param name="z">Logits, [N, K].</param>
    /// <param name="zAdv">Other logits, [N, K].</param>
    public static Tensor SquaredError(Tensor z, Tensor zAdv) => (z - zAdv).square().mean([1]);

    /// <summary>p_y, the probability of the true class.</summary>
    /// <param name="z">Logits, [N, K].</param>
    /// <param name="y">Classes, [N], or their probabilities, [N, K].</param>
    public static Tensor Probability(Tensor z, Tensor y) => Mean(F.softmax(z, 1), y);

    /// <summary>z_y − max_{k ≠ y} z_k: negative where the prediction is wrong.</summary>
    /// <param name="z">Logits, [N, K].</param>
    /// <param name="y">Classes, [N].</param>
    public static Tensor Margin(Tensor z, Tensor y) => At(z, y) - Others(z, y, double.NegativeInfinity).amax([1]);

    /// <summary>
    /// The difference of logits ratio, −(z_y − max_{k ≠ y} z_k) / (z_(1) − z_(3) + 1e-12), with z_(i) the i-th largest logit:
    /// positive where the prediction is wrong, and invariant to the scale of the logits (Croce and Hein 2020).
    /// </summary>
    /// <param name="z">Logits, [N, K], K ≥ 3.</param>
    /// <param name="y">Classes, [N].</param>
    public static Tensor Dlr(Tensor z, Tensor y)
    {
        var (top, classes) = z.topk(3, dim: 1);
        var rival = where(classes[.., 0] == y, top[.., 1], top[.., 0]);
        return -(At(z, y) - rival) / (top[.., 0] - top[.., 2] + Epsilon);
    }

    /// <summary>
    /// The targeted difference of logits ratio, −(z_y − z_t) / (z_(1) − (z_(3) + z_(4))/2 + 1e-12).
    /// </summary>
    /// <param name="z">Logits, [N, K], K ≥ 4.</param>
    /// <param name="y">Classes, [N].</param>
    /// <param name="t">The target classes, [N].</param>
    public static Tensor TargetedDlr(Tensor z, Tensor y, Tensor t)
    {
        var (top, _) = z.topk(4, dim: 1);
        return -(At(z, y) - At(z, t)) / (top[.., 0] - (top[.., 2] + top[.., 3]) / 2 + Epsilon);
    }

    /// <summary>
    /// MART's boosted cross-entropy: −log q_y − log(1.0001 − max_{k ≠ y} q_k + 1e-12), constants as published.
    /// </summary>
    /// <param name="zAdv">Adversarial logits, [N, K].</param>
    /// <param name="y">Classes, [N].</param>
    public static Tensor BoostedCrossEntropy(Tensor zAdv, Tensor y)
    {
        var runnerUp = Others(F.softmax(zAdv, 1), y, 0).amax([1]);
        return CrossEntropy(zAdv, y) - (1.0001 - runnerUp + Epsilon).log();
    }

    /// <summary>[N], the value of one class of each sample.</summary>
    internal static Tensor At(Tensor values, Tensor y) => values.gather(1, y.unsqueeze(1)).squeeze(1);

    /// <summary>[N], the value of the true class; for probabilities [N, K] the mean under them.</summary>
    private static Tensor Mean(Tensor values, Tensor y) => y.dim() == 1 ? At(values, y) : (y.to(values.dtype) * values).sum(1);

    /// <summary>The values, with those of the true classes replaced.</summary>
    internal static Tensor Others(Tensor values, Tensor y, double replacement) =>
        values.scatter(1, y.unsqueeze(1), full([y.shape[0], 1], replacement, values.dtype, values.device));
}
