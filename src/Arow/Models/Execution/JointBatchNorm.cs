using Arow.Models.Kernels;
using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>
/// Batch norms over the images of several processes that train together: mean and variance of all, and the gradients that follow from them.
/// All processes compute the same layers in the same order.
/// </summary>
/// <param name="gather">From a tensor [n] of each process to those of all in their order, [processes, n], on the same device.</param>
internal sealed class JointBatchNorm(Func<Tensor, Tensor> gather)
{
    private static readonly long[] AllButChannels = [0, 2, 3];

    /// <summary>Whether the images of this process count; if not, it takes part with images that do not.</summary>
    public bool Counts { get; set; } = true;

    /// <summary>Normalizes by the statistics of all processes in training mode, and keeps the running ones; else by those.</summary>
    /// <param name="norm">The layer.</param>
    /// <param name="x">[N, C, H, W]; N may differ between processes.</param>
    public Tensor Apply(BatchNorm2d norm, Tensor x)
    {
        if (!norm.training) return norm.call(x);
        using var scope = NewDisposeScope();
        var statistics = Collect(norm, x.detach());
        var (weight, bias) = ((Tensor)norm.weight!, (Tensor)norm.bias!);
        var y = is_grad_enabled() ? Node.Call(x, weight, bias, statistics, this) : statistics.Normalize(x, weight, bias);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Statistics of all processes from those of each: no sum of squares, which would cancel.</summary>
    private Statistics Collect(BatchNorm2d norm, Tensor x)
    {
        using var frozen = no_grad();
        var values = Widen(x);
        var own = Counts ? (double)(x.numel() / x.shape[1]) : 0;
        var (variance, mean) = var_mean(values, AllButChannels, unbiased: false);
        var number = full(1, own, ScalarType.Float64, device: x.device);
        // One after the other, in the order of the processes: the same bits in all of them.
        var all = gather(cat([ToDouble(mean), ToDouble(variance) * number, number])).unbind();
        var c = (int)x.shape[1];
        var count = Sum(all.Select(part => part[(2 * c)..]));
        var means = Sum(all.Select(part => part[..c] * part[(2 * c)..])) / count;
        var squares = Sum(all.Select(part => part[c..(2 * c)] + part[(2 * c)..] * (part[..c] - means).square()));
        Track(norm, means, squares / (count - 1));
        var scale = (squares / count + norm.eps).rsqrt();
        return new Statistics(means.to(values.dtype), scale.to(values.dtype), count.to(values.dtype));
    }

    private static void Track(BatchNorm2d norm, Tensor mean, Tensor variance)
    {
        if (norm.running_mean is null || norm.running_var is null) return;
        if (norm.momentum is not { } momentum) throw new NotSupportedException("a batch norm without momentum");
        norm.num_batches_tracked?.add_(1);
        foreach (var (running, present) in ((Tensor, Tensor)[])[(norm.running_mean, mean), (norm.running_var, variance)])
            running.mul_(1 - momentum).add_(present.to(running.dtype), alpha: momentum);
    }

    /// <summary>At least float32, in which products of bfloat16 are normalized too.</summary>
    private static Tensor Widen(Tensor x) => x.dtype == ScalarType.Float64 ? x : x.to(ScalarType.Float32);

    private static Tensor ToDouble(Tensor x) => x.to(ScalarType.Float64);

    private static Tensor Sum(IEnumerable<Tensor> parts) => parts.Aggregate((sum, part) => sum + part);

    private static Tensor Channels(Tensor numbers) => numbers.reshape(1, -1, 1, 1);

    /// <summary>Mean, 1 / standard deviation and number of the values of each channel: [C].</summary>
    private sealed record Statistics(Tensor Mean, Tensor Scale, Tensor Count)
    {
        /// <summary>One multiplication and one addition a value, as libtorch does.</summary>
        public Tensor Normalize(Tensor x, Tensor weight, Tensor bias)
        {
            var scale = Scale * weight;
            return (Widen(x) * Channels(scale)).add_(Channels(bias - Mean * scale)).to(x.dtype);
        }
    }

    private sealed class Node : LayerFunction<Node>
    {
        private const string Layer = "layer", Counts = "counts";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, weight, bias, s, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Statistics)vars[3], (JointBatchNorm)vars[4]);
            ctx.save_for_backward([x, weight, s.Mean, s.Scale, s.Count]);
            ctx.save_data(Layer, layer);
            ctx.save_data(Counts, layer.Counts);
            return s.Normalize(x, weight, bias);
        }

        protected override bool FreesGraph => true;

        protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g)
        {
            var (x, weight, mean, scale) = (saved[0], saved[1], saved[2], saved[3]);
            var layer = (JointBatchNorm)ctx.get_data(Layer);
            var (gradient, normalized) = (Widen(g), (Widen(x) - Channels(mean)) * Channels(scale));
            var (ofBias, ofWeight) = (gradient.sum(AllButChannels), (gradient * normalized).sum(AllButChannels));
            var total = Sum(layer.Gather(cat([ToDouble(ofBias), ToDouble(ofWeight)])).unbind());
            var means = (total / saved[4]).to(mean.dtype).chunk(2);
            // What does not count is not in the statistics either.
            var throughStatistics = (bool)ctx.get_data(Counts) ? Channels(means[0]) + normalized * Channels(means[1]) : zeros_like(gradient);
            var ofImages = (gradient - throughStatistics) * Channels(weight * scale);
            return [ofImages.to(x.dtype), ofWeight, ofBias, null, null];
        }
    }

    private Tensor Gather(Tensor tensor) => gather(tensor);
}
