namespace Arow.Objectives;

/// <summary>
/// How much each sample is regularized: the factor of the divergence that tells TRADES, ARoW, CoW and MART apart, as a
/// thing of its own. Write your own as <c>new Weight("mine", (z, zAdv, y) => …)</c>.
/// </summary>
/// <param name="Name">How run files and tables call it.</param>
/// <param name="Of">From clean logits [N, K], adversarial logits [N, K] and classes [N] to the weights [N], ≥ 0.</param>
public sealed record Weight(string Name, Func<Tensor, Tensor, Tensor, Tensor> Of)
{
    /// <summary>1 for every sample (TRADES).</summary>
    public static readonly Weight None = new("none", (z, _, _) => ones([z.shape[0]], z.dtype, z.device));

    /// <summary>1 − q_y: the less robust, the more (ARoW).</summary>
    public static readonly Weight NonRobust = new("non-robust", (_, zAdv, y) => 1 - Losses.Probability(zAdv, y));

    /// <summary>p_y: the surer, the more (CoW).</summary>
    public static readonly Weight Confident = new("confident", (z, _, y) => Losses.Probability(z, y));

    /// <summary>1 − p_y: the less sure, the more (MART).</summary>
    public static readonly Weight Unsure = new("unsure", (z, _, y) => 1 - Losses.Probability(z, y));

    /// <summary>
    /// σ(max_{k ≠ y} z'_k − z'_y): by how far the attack succeeds, against the strongest rival alone. For two classes it
    /// is 1 − q_y.
    /// </summary>
    public static readonly Weight Margin = new("margin", (_, zAdv, y) => (-Losses.Margin(zAdv, y)).sigmoid());

    /// <summary>The weights by name.</summary>
    public static readonly IReadOnlyList<Weight> All = [None, NonRobust, Confident, Unsure, Margin];

    /// <summary>The same numbers as constants: nothing is gained by changing the weight itself.</summary>
    public Weight Detached() => new($"{Name}-detached", (z, zAdv, y) =>
    {
        using var frozen = no_grad();
        return Of(z, zAdv, y);
    });
}
