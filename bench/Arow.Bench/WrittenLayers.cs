using Arow.Models.Execution;
using Arow.Models.Kernels;
using TorchSharp.Modules;

namespace Arow.Bench;

/// <summary>
/// Layers in reduced precision, written once more and apart from the library's, so that each means can be left out and so
/// that a slower library is slower than something.
/// </summary>
/// <param name="means">What they do to be fast.</param>
/// <param name="frozen">Whether weights stand still, as in an attack: copies of them are kept.</param>
internal sealed class WrittenLayers(Means means, bool frozen) : ILayerExecutor, IDisposable
{
    private readonly ScalarType type = means.HasFlag(Means.Half) ? ScalarType.BFloat16 : ScalarType.Float32;
    private readonly Dictionary<nn.Module, (Tensor Weight, Tensor? Bias)> copies = [];

    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        if (type == ScalarType.Float32 || !means.HasFlag(Means.TwoParts)) return Convolution(convolution, norm, Ordered(images.to(type)));
        var coarse = images.detach().to(type);
        return Convolve(convolution, norm, Ordered(cat([coarse, (images - coarse).to(type)], 1)), parts: 2);
    }

    public Tensor FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        images.shape[1] == 1 && means.HasFlag(Means.Grey | Means.ChannelsLast | (frozen ? Means.ImagesOnly : Means.None))
            ? WrittenGrey.Of(images, Still(convolution.weight!), Still(convolution.bias!), type)
            : Activate(activation, FirstConvolution(convolution, norm, images));

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Convolve(convolution, norm, x, parts: 1);

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Activate(Activation activation, Tensor x) =>
        means.HasFlag(Means.InPlace) ? activation.ApplyInPlace(x) : activation.Apply(x);

    public Tensor ActivateAndPool(Tensor x) =>
        means.HasFlag(Means.Windows | Means.ChannelsLast) ? WrittenWindows.Of(x)
        : means.HasFlag(Means.InPlace) ? F.max_pool2d(x, 2, 2).relu_() : F.max_pool2d(F.relu(x), 2, 2);

    public Tensor Add(Tensor x, Tensor y) => means.HasFlag(Means.InPlace) ? x.add_(y) : x + y;

    public Tensor Linear(Linear linear, Tensor x)
    {
        var (w, b) = Of(linear, () => (linear.weight!.to(type), linear.bias?.to(type)));
        return F.linear(x, w, b);
    }

    public Tensor Dropout(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Logits(Linear linear, Tensor x) => F.linear(x.to(ScalarType.Float32), linear.weight!, linear.bias);

    public void Dispose()
    {
        foreach (var (weight, bias) in copies.Values)
        {
            weight.Dispose();
            bias?.Dispose();
        }
    }

    private Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x, int parts)
    {
        if (!frozen && means.HasFlag(Means.Parts | Means.ChannelsLast))
        {
            var y = new TrainedConvolution(type, convolution.stride!, convolution.padding!).Apply(x, Kernel(convolution.weight!), convolution.bias);
            return norm is null ? y : norm.call(y);
        }
        var folds = frozen && means.HasFlag(Means.Folded);
        var (w, b) = Of(convolution, () =>
        {
            var (weight, bias) = folds && norm is not null ? Fold(convolution, norm) : (convolution.weight!, convolution.bias);
            return (Ordered(Kernel(weight).to(type)), bias?.to(type));
        });
        var h = Convolve(x, w, b, convolution.stride!, convolution.padding!);
        return folds || norm is null ? h : norm.call(h);

        Tensor Kernel(Tensor weight) => parts == 1 ? weight : cat([weight, weight], 1);
    }

    /// <summary>Kernels of one pixel in this order are a linear layer: libtorch's convolutions with them are wrong in bfloat16.</summary>
    private Tensor Convolve(Tensor x, Tensor w, Tensor? b, long[] stride, long[] padding)
    {
        if (w.shape[2] > 1 || !means.HasFlag(Means.ChannelsLast)) return F.conv2d(x, w, b, stride, padding);
        var pixels = x[.., .., TensorIndex.Slice(step: stride[0]), TensorIndex.Slice(step: stride[1])].permute(0, 2, 3, 1).contiguous();
        return F.linear(pixels, w.flatten(1), b).permute(0, 3, 1, 2);
    }

    private (Tensor Weight, Tensor? Bias) Of(nn.Module module, Func<(Tensor Weight, Tensor? Bias)> make)
    {
        if (!frozen) return make();
        if (copies.TryGetValue(module, out var kept)) return kept;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var (w, b) = make();
        var (weight, bias) = (w.detach().clone(), b?.detach().clone());
        if (!means.HasFlag(Means.ImagesOnly))
        {
            weight.requires_grad_();
            bias?.requires_grad_();
        }
        return copies[module] = (weight.DetachFromDisposeScope(), bias?.DetachFromDisposeScope());
    }

    private Tensor Still(Tensor x) => frozen ? x.detach() : x;

    private Tensor Ordered(Tensor x) => !means.HasFlag(Means.ChannelsLast) ? x.contiguous()
        : x.shape[1] == 1 ? x.contiguous().squeeze(1).unsqueeze(3).permute(0, 3, 1, 2)
        : x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static (Tensor, Tensor?) Fold(Conv2d convolution, BatchNorm2d norm)
    {
        var scale = norm.weight! / (norm.running_var! + norm.eps).sqrt();
        var shift = norm.bias! - norm.running_mean! * scale;
        return (convolution.weight! * scale.reshape(-1, 1, 1, 1), convolution.bias is null ? shift : shift + scale * convolution.bias);
    }
}
