namespace Arow.Objectives;

/// <summary>
/// A sample weight: the factor of each sample's divergence, which distinguishes TRADES, ARoW, CoW and MART.
/// A custom weight is <c>new SampleWeight("mine", (z, zAdv, y) => …)</c>.
/// </summary>
/// <param name="Name">The name in run files and tables.</param>
/// <param name="Compute">
/// From clean logits [N, K], adversarial logits [N, K] and classes [N] (or probabilities of them, [N, K]) to the weights [N], ≥ 0.
/// </param>
public sealed record SampleWeight(string Name, Func<Tensor, Tensor, Tensor, Tensor> Compute)
{
    /// <summary>1 for every sample (TRADES).</summary>
    public static readonly SampleWeight None = new("none", (z, _, _) => ones([z.shape[0]], z.dtype, z.device));

    /// <summary>1 − q_y: larger for less robust samples (ARoW).</summary>
    public static readonly SampleWeight NonRobust = new("non-robust", (_, zAdv, y) => 1 - Losses.Probability(zAdv, y));

    /// <summary>p_y: larger for more confident samples (CoW).</summary>
    public static readonly SampleWeight Confident = new("confident", (z, _, y) => Losses.Probability(z, y));

    /// <summary>1 − p_y: larger for less confident samples (MART).</summary>
    public static readonly SampleWeight Unsure = new("unsure", (z, _, y) => 1 - Losses.Probability(z, y));

    /// <summary>
    /// (p_y + 1 − q_y)/2: by the loss of confidence under attack, half CoW and half ARoW (Yang, Kong, Kim 2023,
    /// "Enhancing adversarial robustness in low-label regime", SRST-AWR). Its teacher's probabilities are soft labels here.
    /// </summary>
    public static readonly SampleWeight Awr = new("awr", (z, zAdv, y) => (Losses.Probability(z, y) + 1 - Losses.Probability(zAdv, y)) / 2);

    /// <summary>
    /// σ(max_{k ≠ y} z'_k − z'_y): by the adversarial margin against the strongest other class. For two classes it
    /// is 1 − q_y.
    /// </summary>
    public static readonly SampleWeight Margin = new("margin", (_, zAdv, y) => (-Losses.Margin(zAdv, y)).sigmoid()) { NeedsClass = true };

    /// <summary>
    /// q_y · mean(1 − q_y) / mean(q_y): larger for more robust samples, with the same batch mean as
    /// <see cref="NonRobust"/>. The means are differentiated too.
    /// </summary>
    public static readonly SampleWeight Reversed = new("reversed", (_, zAdv, y) =>
    {
        var q = Losses.Probability(zAdv, y);
        // If all probabilities are zero, there is nothing to scale.
        return q * ((1 - q).mean() / q.mean().clamp_min(1e-12));
    });

    /// <summary>
    /// 1 − q_y of another sample of the batch, by a random permutation: the values of <see cref="NonRobust"/> on other samples.
    /// It is differentiated too, so that its gradient goes to the sample that it was taken from.
    /// </summary>
    public static readonly SampleWeight Permuted = new("permuted", (_, _, _) =>
        throw new InvalidOperationException("a permuted weight needs random numbers: see Weight.Draw"))
    {
        Draw = noise => new("permuted", (z, zAdv, y) =>
        {
            var order = noise.Uniform(zAdv.new_empty(zAdv.shape[0], 1)).squeeze(1).argsort();
            return NonRobust.Compute(z, zAdv, y).index_select(0, order);
        }),
    };

    /// <summary>Whether it is defined only for a single true class.</summary>
    public bool NeedsClass { get; init; }

    /// <summary>The weights by name.</summary>
    public static readonly IReadOnlyList<SampleWeight> All = [None, NonRobust, Confident, Unsure, Awr, Margin, Reversed, Permuted];

    /// <summary>
    /// For a random weight: from a batch's random numbers (a row for each image) to the weight for that batch, which is
    /// the only one to have values. Null for all others.
    /// </summary>
    public Func<Noise, SampleWeight>? Draw { get; init; }

    /// <summary>Returns the weight as a constant, without a gradient.</summary>
    public SampleWeight Detach() => new($"{Name}-detached", (z, zAdv, y) =>
    {
        using var frozen = no_grad();
        return Compute(z, zAdv, y);
    })
    {
        NeedsClass = NeedsClass,
        Draw = Draw is { } draw ? noise => draw(noise).Detach() : null,
    };
}
