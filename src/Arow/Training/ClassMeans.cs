using Arow.Distributed;

namespace Arow.Training;

/// <summary>
/// The mean predictions for the images of each class in the previous epoch, for objectives that use them (IKL); in the first epoch
/// all classes are equally likely. A class without images in an epoch keeps its mean.
/// </summary>
internal sealed class ClassMeans : IDisposable
{
    /// <summary>The temperature of the softmax, as published.</summary>
    private const double Temperature = 4;

    private readonly ProcessGroup group;
    private readonly Tensor means, sums;

    /// <summary>The summands of this process since the last <see cref="Share"/>, if it is not the first.</summary>
    private readonly Tensor own;

    /// <summary>Starts with equally likely classes.</summary>
    /// <param name="classes">K.</param>
    /// <param name="device">The network's device.</param>
    /// <param name="group">The processes that train together; null for one.</param>
    public ClassMeans(int classes, Device device, ProcessGroup? group = null)
    {
        this.group = group ?? ProcessGroup.Single;
        own = zeros([classes, classes], ScalarType.Float32, device).DetachFromDisposeScope();
        means = full([classes, classes], 1.0 / classes, ScalarType.Float32, device).DetachFromDisposeScope();
        sums = zeros([classes, classes], ScalarType.Float32, device).DetachFromDisposeScope();
    }

    /// <summary>The state that a resumed epoch needs.</summary>
    public IReadOnlyDictionary<string, Tensor> State => new Dictionary<string, Tensor> { ["means"] = means, ["sums"] = sums };

    /// <summary>Returns the mean prediction for each sample's class: [N, K].</summary>
    /// <param name="y">[N], int64, or probabilities of the classes, [N, K].</param>
    public Tensor Lookup(Tensor y) => y.dim() == 1 ? means.index_select(0, y) : y.mm(means);

    /// <summary>Adds clean logits [N, K].</summary>
    public void Add(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var t = (y.dim() == 1 ? F.one_hot(y, means.shape[0]) : y).to(ScalarType.Float32);
        (group.IsFirst ? sums : own).add_(t.t().mm(F.softmax(z.detach().to(ScalarType.Float32) / Temperature, 1)));
    }

    /// <summary>Gives all processes the sums of all: the parts of a step in their order, as one process adds them.</summary>
    public void Share()
    {
        if (group.IsSingle) return;
        using (no_grad())
        {
            if (!group.IsFirst) sums.copy_(own);
            own.zero_();
        }
        group.Sum([sums]);
    }

    /// <summary>Replaces the means by those of the epoch that has ended.</summary>
    public void EndEpoch()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var total = sums.sum(1, keepdim: true);
        means.copy_(where(total > 0, sums / total.clamp_min(1e-30), means));
        sums.zero_();
    }

    /// <summary>Restores a saved <see cref="State"/>.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in State) tensor.copy_(state[name]);
    }

    public void Dispose()
    {
        means.Dispose();
        sums.Dispose();
        own.Dispose();
    }
}
