namespace Arow.Models;

/// <summary>
/// A convolution of grey images with constant kernels, and ReLU if it follows, by loops of our own: oneDNN works on sixteen channels at a
/// time, and for the one of a grey image its gradient takes as long as layers with fifteen times the operations. Products and sums
/// are in float32, whatever the features are kept in.
/// </summary>
/// <param name="shape">Its sizes.</param>
/// <param name="type">Of the features: float32 or bfloat16.</param>
/// <param name="rectified">Whether ReLU follows.</param>
internal sealed class GreyConvolution(GreyShape shape, ScalarType type, bool rectified)
{
    /// <summary>Whether there is such a loop; the stride is one.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="kernels">How many.</param>
    public static bool Takes(Tensor images, long kernels) =>
        images.shape[1] == 1 && images.device_type == DeviceType.CPU && images.dtype == ScalarType.Float32 && kernels % IFeatureVectors.Lanes == 0;

    /// <summary>Kernels [K, 1, h, w] or a bias [K] in the order of the loops, K last.</summary>
    public static Tensor Ordered(Tensor x, ScalarType type)
    {
        var last = x.dim() == 1 ? x : x.squeeze(1).permute(1, 2, 0);
        return type == ScalarType.BFloat16 ? BFloat16Features.Ordered(last) : Float32Features.Ordered(last);
    }

    /// <summary>Features [N, K, rows, columns], channels last; differentiable by the images if they ask for it.</summary>
    /// <param name="images">[N, 1, H, W], float32.</param>
    /// <param name="weights">[h, w, K], float32, from <see cref="Ordered"/>.</param>
    /// <param name="bias">[K], float32, likewise.</param>
    public Tensor Of(Tensor images, Tensor weights, Tensor bias) =>
        is_grad_enabled() && images.requires_grad ? Node.Call(images, weights, bias, this) : Forth(images, weights, bias);

    private unsafe Tensor Forth(Tensor images, Tensor weights, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var y = Pixels.Room(images.shape[0], shape.Channels, shape.FeatureRows, shape.FeatureColumns, type);
        float* x = Pixels.Begin<float>(images.contiguous()), w = Pixels.Begin<float>(weights), b = Pixels.Begin<float>(bias);
        if (type == ScalarType.BFloat16) new GreyLoops<BFloat16Features>(shape, rectified).Forth(images.shape[0], x, w, b, Pixels.Begin<byte>(y));
        else new GreyLoops<Float32Features>(shape, rectified).Forth(images.shape[0], x, w, b, Pixels.Begin<byte>(y));
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>What the way back needs: without ReLU the features may be overwritten by what follows.</summary>
    private List<Tensor> Needed(Tensor weights, Tensor y) => rectified ? [weights, y] : [weights];

    private unsafe Tensor Back(Tensor g, Tensor weights, Tensor? y)
    {
        using var scope = NewDisposeScope();
        var dx = empty(g.shape[0], 1, shape.Rows, shape.Columns, device: g.device);
        byte* from = Pixels.Begin<byte>(ChannelsLast.Of(g)), features = y is null ? null : Pixels.Begin<byte>(y);
        float* w = Pixels.Begin<float>(weights.flip(0, 1)), to = Pixels.Begin<float>(dx);
        if (type == ScalarType.BFloat16) new GreyLoops<BFloat16Features>(shape, rectified).Back(g.shape[0], from, features, w, to);
        else new GreyLoops<Float32Features>(shape, rectified).Back(g.shape[0], from, features, w, to);
        return dx.MoveToOuterDisposeScope();
    }

    private sealed class Node : LayerFunction<Node>
    {
        private const string Layer = "layer";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (images, weights, bias, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (GreyConvolution)vars[3]);
            var y = layer.Forth(images, weights, bias);
            ctx.save_for_backward(layer.Needed(weights, y));
            ctx.save_data(Layer, layer);
            return y;
        }

        protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g) =>
            [((GreyConvolution)ctx.get_data(Layer)).Back(g, saved[0], saved.ElementAtOrDefault(1)), null, null, null];
    }
}
