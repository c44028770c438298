namespace Arow.Objectives;

/// <summary>The distance between the predictions at an image and at its adversarial image.</summary>
/// <param name="Name">The name in run files and tables.</param>
/// <param name="Compute">From clean logits [N, K] and adversarial logits [N, K] to the divergence of each sample: [N], ≥ 0.</param>
public sealed record Divergence(string Name, Func<Tensor, Tensor, Tensor> Compute)
{
    /// <summary>KL(p ‖ q) (TRADES, ARoW).</summary>
    public static readonly Divergence Kl = new("kl", Losses.Kl);

    /// <summary>KL(q ‖ p).</summary>
    public static readonly Divergence ReverseKl = new("revkl", (z, zAdv) => Losses.Kl(zAdv, z));

    /// <summary>The Jensen–Shannon divergence.</summary>
    public static readonly Divergence JensenShannon = new("js", Losses.JensenShannon);

    /// <summary>mean_k (z_k − z'_k)², of the logits (adversarial logit pairing).</summary>
    public static readonly Divergence SquaredError = new("mse", Losses.SquaredError);

    /// <summary>The improved KL (IKL-AT), for classes that are equally likely: bound by <see cref="BindClassMeans"/>.</summary>
    public static readonly Divergence ImprovedKl = ImprovedKlWith(null);

    /// <summary>The divergences by name.</summary>
    public static readonly IReadOnlyList<Divergence> All = [Kl, ReverseKl, JensenShannon, SquaredError, ImprovedKl];

    /// <summary>
    /// For a divergence that uses the mean predictions of classes: from those means for each sample, [N, K], to the
    /// divergence for that batch. Null for all others.
    /// </summary>
    public Func<Tensor, Divergence>? BindClassMeans { get; init; }

    /// <summary>λ · divergence.</summary>
    public static Regularizer operator *(double factor, Divergence divergence) => new(factor, divergence, SampleWeight.None);

    /// <summary>The improved KL for the means of a batch.</summary>
    internal static Divergence ImprovedKlWith(Tensor? means) =>
        new("ikl", (z, zAdv) => Losses.ImprovedKl(z, zAdv, means)) { BindClassMeans = ImprovedKlWith };
}
