using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// A convolution of grey images, with or without ReLU, computed by loops of this library. oneDNN works on sixteen
/// channels at a time: for the single channel of a grey image its gradients take as long as layers with fifteen times the
/// operations. Products and sums are in float32, in whatever type the features are stored.
/// </summary>
/// <param name="shape">The sizes.</param>
/// <param name="type">The type of the features: float32 or bfloat16.</param>
/// <param name="rectified">Whether ReLU follows.</param>
internal sealed class GreyConvolution(GreyShape shape, ScalarType type, bool rectified)
{
    private readonly IGreyLoops loops = type == ScalarType.BFloat16
        ? new GreyLoops<BFloat16Features>(shape, rectified) : new GreyLoops<Float32Features>(shape, rectified);

    private bool IsRectified => rectified;

    /// <summary>Whether the loops support a layer.</summary>
    /// <param name="convolution">The layer.</param>
    /// <param name="images">[N, C, H, W].</param>
    public static bool Takes(Conv2d convolution, Tensor images) =>
        KernelSupport.IsEnabled && images.shape[1] == 1 && images.device_type == DeviceType.CPU && images.dtype == ScalarType.Float32
        && convolution.stride!.All(s => s == 1) && convolution.weight!.shape[0] % IFeatureVectors.Lanes == 0;

    /// <summary>Creates the loops of a supported layer.</summary>
    public static GreyConvolution For(Conv2d convolution, Tensor images, ScalarType type, bool rectified)
    {
        var (kernel, padding) = (convolution.weight!.shape, convolution.padding!);
        var shape = new GreyShape(images.shape[2], images.shape[3], kernel[2], kernel[3], padding[0], padding[1], kernel[0]);
        return new GreyConvolution(shape, type, rectified);
    }

    /// <summary>Returns kernels [K, 1, h, w] or a bias [K] in the order of the loops, K last.</summary>
    public static Tensor Ordered(Tensor x, ScalarType type)
    {
        var last = x.dim() == 1 ? x : x.squeeze(1).permute(1, 2, 0);
        return type == ScalarType.BFloat16 ? BFloat16Features.Ordered(last) : Float32Features.Ordered(last);
    }

    /// <summary>Computes the features [N, K, rows, columns], channels last; differentiable if an argument requires gradients.</summary>
    /// <param name="images">[N, 1, H, W], float32.</param>
    /// <param name="weights">[h, w, K], float32, from <see cref="Ordered"/>.</param>
    /// <param name="bias">[K], float32, from <see cref="Ordered"/>.</param>
    public Tensor Of(Tensor images, Tensor weights, Tensor bias) =>
        is_grad_enabled() && (images.requires_grad || weights.requires_grad) ? Node.Call(images, weights, bias, this) : Forth(images, weights, bias);

    private unsafe Tensor Forth(Tensor images, Tensor weights, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var y = Pixels.Room(images.shape[0], shape.Channels, shape.FeatureRows, shape.FeatureColumns, type);
        float* x = Pixels.Begin<float>(images.contiguous()), w = Pixels.Begin<float>(weights), b = Pixels.Begin<float>(bias);
        loops.Forth(images.shape[0], x, w, b, Pixels.Begin<byte>(y));
        return y.MoveToOuterDisposeScope();
    }

    private unsafe Tensor OfImages(Tensor g, Tensor weights, Tensor? y)
    {
        using var scope = NewDisposeScope();
        var dx = empty(g.shape[0], 1, shape.Rows, shape.Columns, device: g.device);
        byte* from = Pixels.Begin<byte>(g), features = y is null ? null : Pixels.Begin<byte>(y);
        float* w = Pixels.Begin<float>(weights.flip(0, 1)), to = Pixels.Begin<float>(dx);
        loops.Back(g.shape[0], from, features, w, to);
        return dx.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the gradients of weights and bias: each thread sums over some of the images.</summary>
    private unsafe (Tensor Weights, Tensor Bias) OfWeights(Tensor g, Tensor images, Tensor? y)
    {
        using var scope = NewDisposeScope();
        var (n, numbers) = (g.shape[0], shape.KernelRows * shape.KernelColumns * shape.Channels);
        Tensor dw = zeros(TorchThreads.Parts(n), numbers, device: g.device), db = zeros(TorchThreads.Parts(n), shape.Channels, device: g.device);
        byte* from = Pixels.Begin<byte>(g), features = y is null ? null : Pixels.Begin<byte>(y);
        float* x = Pixels.Begin<float>(images.contiguous()), w = Pixels.Begin<float>(dw), b = Pixels.Begin<float>(db);
        TorchThreads.ForEachPart(n, (part, first, end) =>
            loops.BackToWeights(first, end, x, from, features, w + part * numbers, b + part * shape.Channels));
        var weights = dw.sum([0]).reshape(shape.KernelRows, shape.KernelColumns, shape.Channels);
        return (weights.MoveToOuterDisposeScope(), db.sum([0]).MoveToOuterDisposeScope());
    }

    private sealed class Node : LayerFunction<Node>
    {
        private const string Layer = "layer", OfImages = "images", OfWeights = "weights";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (images, weights, bias, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (GreyConvolution)vars[3]);
            var y = layer.Forth(images, weights, bias);
            // Without ReLU later layers may overwrite the features.
            ctx.save_for_backward(layer.IsRectified ? [images, weights, y] : [images, weights]);
            ctx.save_data(Layer, layer);
            ctx.save_data(OfImages, images.requires_grad);
            ctx.save_data(OfWeights, weights.requires_grad);
            return y;
        }

        protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g)
        {
            var (images, weights, y, layer) = (saved[0], saved[1], saved.ElementAtOrDefault(2), (GreyConvolution)ctx.get_data(Layer));
            var comes = ChannelsLast.Of(g);
            var dx = (bool)ctx.get_data(OfImages) ? layer.OfImages(comes, weights, y) : null;
            if (!(bool)ctx.get_data(OfWeights)) return [dx, null, null, null];
            var (dw, db) = layer.OfWeights(comes, images, y);
            return [dx, dw, db, null];
        }
    }
}
