namespace Arow.Training;

/// <summary>
/// What was predicted on average for the images of each class in the epoch before, for objectives that look at it (IKL); in the first
/// all classes are equally likely. A class without images in an epoch keeps what it had.
/// </summary>
internal sealed class ClassMeans : IDisposable
{
    /// <summary>Of the softmax, as published.</summary>
    private const double Temperature = 4;

    private readonly Tensor means, sums;

    /// <summary>Begins.</summary>
    /// <param name="classes">K.</param>
    /// <param name="device">Where the network is.</param>
    public ClassMeans(int classes, Device device)
    {
        means = full([classes, classes], 1.0 / classes, ScalarType.Float32, device).DetachFromDisposeScope();
        sums = zeros([classes, classes], ScalarType.Float32, device).DetachFromDisposeScope();
    }

    /// <summary>All that an epoch that goes on has to know.</summary>
    public IReadOnlyDictionary<string, Tensor> State => new Dictionary<string, Tensor> { ["means"] = means, ["sums"] = sums };

    /// <summary>The mean prediction for each sample's class: [N, K].</summary>
    /// <param name="y">[N], int64, or probabilities of the classes, [N, K].</param>
    public Tensor Lookup(Tensor y) => y.dim() == 1 ? means.index_select(0, y) : y.mm(means);

    /// <summary>Takes in clean logits [N, K].</summary>
    public void Add(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var t = (y.dim() == 1 ? F.one_hot(y, means.shape[0]) : y).to(ScalarType.Float32);
        sums.add_(t.t().mm(F.softmax(z.detach().to(ScalarType.Float32) / Temperature, 1)));
    }

    /// <summary>From now on the epoch that has ended counts.</summary>
    public void EndEpoch()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var total = sums.sum(1, keepdim: true);
        means.copy_(where(total > 0, sums / total.clamp_min(1e-30), means));
        sums.zero_();
    }

    /// <summary>Goes on from what <see cref="State"/> was.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in State) tensor.copy_(state[name]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        means.Dispose();
        sums.Dispose();
    }
}
