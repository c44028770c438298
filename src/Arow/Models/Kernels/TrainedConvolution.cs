using Arow.Runtime;

namespace Arow.Models.Kernels;

/// <summary>
/// A convolution with weight gradients, of which each thread computes those of some of the images. Inside oneDNN's own
/// computation threads wait for each other by spinning: if one loses its core to another program the rest spin until it
/// continues (docs/performance.md, beside other programs).
/// </summary>
/// <param name="type">The precision of products.</param>
/// <param name="stride">The stride of rows and columns.</param>
/// <param name="padding">The padding of rows and columns.</param>
/// <param name="groups">The number of groups of channels that are convolved apart.</param>
internal sealed class TrainedConvolution(ScalarType type, long[] stride, long[] padding, long groups = 1)
{
    // TorchSharp has no such function, and passes numbers to scripts only as tensors.
    private static readonly Lazy<jit.CompilationUnit> Gradients = new(() => jit.compile("""
        def images(g, x, w, n):
            stride, padding = [int(n[0]), int(n[1])], [int(n[2]), int(n[3])]
            return torch.convolution_backward(g, x, w, None, stride, padding, [1, 1], False, [0, 0], int(n[5]), [True, False, False])[0]

        def weights(g, x, w, n):
            biased = bool(n[4] > 0)
            stride, padding = [int(n[0]), int(n[1])], [int(n[2]), int(n[3])]
            wanted = [False, True, biased]
            r = torch.convolution_backward(g, x, w, [w.size(0)], stride, padding, [1, 1], False, [0, 0], int(n[5]), wanted)
            if biased:
                return [r[1], r[2]]
            else:
                return [r[1]]

        """));

    /// <summary>Computes <see cref="ChannelsLast.Convolve"/> with float32 weights and bias, which receive the gradients.</summary>
    /// <param name="x">[N, C, H, W], channels last, of the type.</param>
    /// <param name="weight">[K, C / groups, h, w], float32.</param>
    /// <param name="bias">[K], float32.</param>
    public Tensor Apply(Tensor x, Tensor weight, Tensor? bias)
    {
        var perThread = KernelSupport.IsEnabled && is_grad_enabled() && weight.requires_grad && TorchThreads.AreShared && get_num_threads() > 1
            && x.device_type == DeviceType.CPU && (groups > 1 || !ChannelsLast.IsLinear(weight, padding));
        return perThread ? Node.Call(x, weight, bias!, this) : Forward(x, ConvertWeight(weight), bias);
    }

    private Tensor ConvertWeight(Tensor weight) => ChannelsLast.Convert(weight.to(type));

    private Tensor Forward(Tensor x, Tensor w, Tensor? bias) => ChannelsLast.Convolve(x, w, bias?.to(type), stride, padding, groups);

    private Tensor BackwardInput(Tensor g, Tensor x, Tensor w)
    {
        var numbers = tensor(ScriptArguments(x, w, biased: false), device: CPU);
        return (Tensor)Gradients.Value.invoke("images", g, x, w, numbers);
    }

    /// <summary>Computes the float32 gradients of the weights and, if there is one, of the bias.</summary>
    private IReadOnlyList<Tensor> BackwardWeight(Tensor g, Tensor x, Tensor w, bool biased)
    {
        var numbers = tensor(ScriptArguments(x, w, biased), device: CPU);
        var n = x.shape[0];
        List<Tensor> sums = [empty([TorchThreads.PartCount(n), .. w.shape], device: w.device)];
        if (biased) sums.Add(empty(TorchThreads.PartCount(n), w.shape[0], device: w.device));
        TorchThreads.ForEachPart(n, (part, first, end) =>
        {
            using var scope = NewDisposeScope();
            using var constant = no_grad();
            var found = (Tensor[])Gradients.Value.invoke("weights", g.slice(0, first, end, 1), x.slice(0, first, end, 1), w, numbers);
            foreach (var (sum, gradient) in sums.Zip(found)) sum.select(0, part).copy_(gradient);
        });
        return [.. sums.Select(sum => sum.sum([0]))];
    }

    /// <summary>The arguments of the scripts besides tensors.</summary>
    private long[] ScriptArguments(Tensor x, Tensor w, bool biased) =>
        [.. ChannelsLast.EffectiveStride(x, w, stride, padding), .. padding, biased ? 1 : 0, groups];

    private sealed class Node : LayerFunction<Node>
    {
        private const string Layer = "layer", NeedsInputGradient = "images", HasBias = "bias";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, weight, bias, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2], (TrainedConvolution)vars[3]);
            var w = layer.ConvertWeight(weight);
            ctx.save_for_backward([x, w]);
            ctx.save_data(Layer, layer);
            ctx.save_data(NeedsInputGradient, x.requires_grad);
            ctx.save_data(HasBias, bias is not null);
            return layer.Forward(x, w, bias);
        }

        protected override bool FreesGraph => true;

        protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g)
        {
            var (grad, x, w, layer) = (ChannelsLast.Convert(g), saved[0], saved[1], (TrainedConvolution)ctx.get_data(Layer));
            var inputGradient = (bool)ctx.get_data(NeedsInputGradient) ? layer.BackwardInput(grad, x, w) : null;
            var weightGradients = layer.BackwardWeight(grad, x, w, (bool)ctx.get_data(HasBias));
            return [inputGradient, weightGradients[0], weightGradients.ElementAtOrDefault(1), null];
        }
    }
}
