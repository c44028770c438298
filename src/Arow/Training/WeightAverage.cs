using Arow.Models;
using TorchSharp.Modules;

namespace Arow.Training;

/// <summary>
/// A second network whose weights are an average of the weights during training. It starts as a copy; it is
/// evaluated and saved in place of the trained network.
/// </summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly double? decay;
    private readonly bool warmUp;

    private WeightAverage(Network network, double? decay, bool warmUp) =>
        (Network, this.decay, this.warmUp) = (network.Copy(), decay, warmUp);

    /// <summary>The stochastic weight average (Izmailov et al. 2018): the plain mean; update it once an epoch.</summary>
    public static WeightAverage Stochastic(Network network) => new(network, null, warmUp: false);

    /// <summary>The exponential moving average: a ← decay · a + (1 − decay) · w; update it at every step.</summary>
    /// <param name="network">The network to copy.</param>
    /// <param name="decay">In (0, 1).</param>
    /// <param name="warmUp">
    /// Whether the decay is first limited to (1 + n)/(10 + n) after n updates, so that the first weights, which are
    /// the worst, are forgotten sooner (Gowal et al. 2020).
    /// </param>
    public static WeightAverage Exponential(Network network, double decay, bool warmUp = false) => new(network, decay, warmUp);

    /// <summary>The averaged network.</summary>
    public Network Network { get; }

    /// <summary>The number of updates.</summary>
    public long Count { get; set; }

    /// <summary>Whether it is updated at every step instead of once an epoch.</summary>
    public bool UpdatesEveryStep => decay is not null;

    /// <summary>
    /// Adds the current weights. Batch-norm buffers are copied from the network; for the mean of many epochs they
    /// must be re-estimated (<see cref="EstimateStatistics"/>).
    /// </summary>
    public void Update(Network network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var share = decay is { } d ? 1 - (warmUp ? Math.Min(d, (1.0 + Count) / (10 + Count)) : d) : 1.0 / (Count + 1);
        var averaged = Network.State;
        var trainable = Network.Parameters.Select(p => p.Name).ToHashSet();
        foreach (var (key, value) in network.State)
        {
            if (trainable.Contains(key)) averaged[key].mul_(1 - share).add_(value, alpha: share);
            else averaged[key].copy_(value);
        }
        Count++;
    }

    /// <summary>
    /// Replaces the statistics of every batch norm by the mean over the given images under the averaged weights:
    /// cumulative, batch by batch, as published.
    /// </summary>
    /// <param name="network">The network, left in training mode.</param>
    /// <param name="batches">Batches [N, C, H, W] in [0, 1], and the images of each: N, or of several processes those of all.</param>
    public static void EstimateStatistics(Network network, IEnumerable<(Tensor X, long Images)> batches)
    {
        var norms = network.Module.named_modules().Where(m => !network.IsFrozen(m.name)).Select(m => m.module).OfType<BatchNorm2d>().ToList();
        if (norms.Count == 0) return;

        using var frozen = no_grad();
        foreach (var norm in norms) norm.reset_running_stats();
        var momenta = norms.Select(n => n.momentum).ToList();
        var f = network.ForTraining();
        long seen = 0;
        foreach (var (x, images) in batches)
        {
            using var scope = NewDisposeScope();
            seen += images;
            foreach (var norm in norms) norm.momentum = (double)images / seen;
            f(x);
        }
        foreach (var (norm, momentum) in norms.Zip(momenta)) norm.momentum = momentum;
    }

    public void Dispose() => Network.Dispose();
}
