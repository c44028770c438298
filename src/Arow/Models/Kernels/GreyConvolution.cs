using Arow.Runtime;
using TorchSharp.Modules;

namespace Arow.Models.Kernels;

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
    public static bool CanHandle(Conv2d convolution, Tensor images) =>
        KernelSupport.IsEnabled && images.shape[1] == 1 && images.device_type == DeviceType.CPU && images.dtype == ScalarType.Float32
        && convolution.stride!.All(s => s == 1) && convolution.weight!.shape[0] % IFeatureVectors.Lanes == 0;

    /// <summary>Creates the loops of a supported layer.</summary>
    public static GreyConvolution Create(Conv2d convolution, Tensor images, ScalarType type, bool rectified)
    {
        var (kernel, padding) = (convolution.weight!.shape, convolution.padding!);
        var shape = new GreyShape(images.shape[2], images.shape[3], kernel[2], kernel[3], padding[0], padding[1], kernel[0]);
        return new GreyConvolution(shape, type, rectified);
    }

    /// <summary>Returns kernels [K, 1, h, w] or a bias [K] in the order of the loops, K last.</summary>
    public static Tensor ToLoopOrder(Tensor x, ScalarType type)
    {
        var last = x.dim() == 1 ? x : x.squeeze(1).permute(1, 2, 0);
        return type == ScalarType.BFloat16 ? BFloat16Features.ToVectorOrder(last) : Float32Features.ToVectorOrder(last);
    }

    /// <summary>Computes the features [N, K, rows, columns], channels last; differentiable if an argument requires gradients.</summary>
    /// <param name="images">[N, 1, H, W], float32.</param>
    /// <param name="weights">[h, w, K], float32, from <see cref="ToLoopOrder"/>.</param>
    /// <param name="bias">[K], float32, from <see cref="ToLoopOrder"/>.</param>
    public Tensor Apply(Tensor images, Tensor weights, Tensor bias) =>
        is_grad_enabled() && (images.requires_grad || weights.requires_grad) ? Node.Call(images, weights, bias, this)
            : Forward(images, weights, bias);

    private unsafe Tensor Forward(Tensor images, Tensor weights, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var y = Pixels.Allocate(images.shape[0], shape.Channels, shape.FeatureRows, shape.FeatureColumns, type);
        float* x = Pixels.GetPointer<float>(images.contiguous()), w = Pixels.GetPointer<float>(weights), b = Pixels.GetPointer<float>(bias);
        loops.Forward(images.shape[0], x, w, b, Pixels.GetPointer<byte>(y));
        return y.MoveToOuterDisposeScope();
    }

    private unsafe Tensor BackwardInput(Tensor g, Tensor weights, Tensor? y)
    {
        using var scope = NewDisposeScope();
        var dx = empty(g.shape[0], 1, shape.Rows, shape.Columns, device: g.device);
        byte* from = Pixels.GetPointer<byte>(g), features = y is null ? null : Pixels.GetPointer<byte>(y);
        float* w = Pixels.GetPointer<float>(weights.flip(0, 1)), to = Pixels.GetPointer<float>(dx);
        loops.BackwardInput(g.shape[0], from, features, w, to);
        return dx.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the gradients of weights and bias: each thread sums over some of the images.</summary>
    private unsafe (Tensor Weights, Tensor Bias) BackwardWeight(Tensor g, Tensor images, Tensor? y)
    {
        using var scope = NewDisposeScope();
        var (n, numbers) = (g.shape[0], shape.KernelRows * shape.KernelColumns * shape.Channels);
        Tensor dw = zeros(TorchThreads.PartCount(n), numbers, device: g.device),
        db = zeros(TorchThreads.PartCount(n), shape.Channels, device: g.device);
        byte* from = Pixels.GetPointer<byte>(g), features = y is null ? null : Pixels.GetPointer<byte>(y);
        float* x = Pixels.GetPointer<float>(images.contiguous()), w = Pixels.GetPointer<float>(dw), b = Pixels.GetPointer<float>(db);
        TorchThreads.ForEachPart(n, (part, first, end) =>
            loops.BackwardWeight(first, end, x, from, features, w + part * numbers, b + part * shape.Channels));
        var weights = dw.sum([0]).reshape(shape.KernelRows, shape.KernelColumns, shape.Channels);
        return (weights.MoveToOuterDisposeScope(), db.sum([0]).MoveToOuterDisposeScope());
    }

    private sealed class Node : LayerFunction<Node>
    {
        private const string Layer = "layer", NeedsInputGradient = "images", NeedsWeightGradient = "weights";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (images, weights, bias, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (GreyConvolution)vars[3]);
            var y = layer.Forward(images, weights, bias);
            // Without ReLU later layers may overwrite the features.
            ctx.save_for_backward(layer.IsRectified ? [images, weights, y] : [images, weights]);
            ctx.save_data(Layer, layer);
            ctx.save_data(NeedsInputGradient, images.requires_grad);
            ctx.save_data(NeedsWeightGradient, weights.requires_grad);
            return y;
        }

        protected override IReadOnlyList<Tensor?> Gradients(autograd.AutogradContext ctx, List<Tensor> saved, Tensor g)
        {
            var (images, weights, y, layer) = (saved[0], saved[1], saved.ElementAtOrDefault(2), (GreyConvolution)ctx.get_data(Layer));
            var grad = ChannelsLast.Convert(g);
            var dx = (bool)ctx.get_data(NeedsInputGradient) ? layer.BackwardInput(grad, weights, y) : null;
            if (!(bool)ctx.get_data(NeedsWeightGradient)) return [dx, null, null, null];
            var (dw, db) = layer.BackwardWeight(grad, images, y);
            return [dx, dw, db, null];
        }
    }
}
