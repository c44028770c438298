using Arow.Models.Kernels;
using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>
/// Executes evaluation with all constants folded: batch norm into the convolution before it, or into a factor and a
/// summand. The weights are channels-last copies in one precision, without gradients.
/// </summary>
internal sealed class FrozenExecutor : ILayerExecutor, IDisposable
{
    private readonly ScalarType type;
    private readonly Dictionary<nn.Module, (Tensor Weight, Tensor? Bias)> folded = [];

    /// <summary>Creates an executor; weights are copied on first use.</summary>
    /// <param name="type">The precision of products.</param>
    public FrozenExecutor(ScalarType type) => this.type = type;

    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        if (GreyConvolution.CanHandle(convolution, images)) return ComputeGrey(convolution, norm, images, rectified: false);
        var isSplit = type != ScalarType.Float32;
        var (w, b) = GetOrFold(convolution, norm, kernel => isSplit ? SplitBFloat16.DuplicateKernel(kernel) : kernel);
        return ChannelsLast.Convolve(isSplit ? SplitBFloat16.SplitImages(images) : ChannelsLast.Convert(images), w, b, convolution.stride!,
            convolution.padding!);
    }

    public Tensor FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        activation == Activation.Relu && GreyConvolution.CanHandle(convolution, images)
            ? ComputeGrey(convolution, norm, images, rectified: true)
            : activation.ApplyInPlace(FirstConvolution(convolution, norm, images));

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        var (w, b) = GetOrFold(convolution, norm, kernel => kernel);
        return ChannelsLast.Convolve(x, w, b, convolution.stride!, convolution.padding!, convolution.groups);
    }

    public Tensor Normalize(BatchNorm2d norm, Tensor x)
    {
        var (scale, shift) = GetOrFold(norm, type, () =>
        {
            var (scale, shift) = Affine(norm);
            return (scale.reshape(1, -1, 1, 1), shift.reshape(1, -1, 1, 1));
        });
        return (x * scale).add_(shift!);
    }

    public Tensor Linear(Linear linear, Tensor x)
    {
        var (w, b) = GetOrFold(linear, type, () => (linear.weight!, linear.bias));
        return F.linear(x, w, b);
    }

    public Tensor Dropout(Dropout dropout, Tensor x) => x;

    public Tensor Logits(Linear linear, Tensor x)
    {
        var (w, b) = GetOrFold(linear, ScalarType.Float32, () => (linear.weight!, linear.bias));
        return F.linear(x.to(ScalarType.Float32), w, b);
    }

    public void Dispose()
    {
        foreach (var (weight, bias) in folded.Values)
        {
            weight.Dispose();
            bias?.Dispose();
        }
    }

    private Tensor ComputeGrey(Conv2d convolution, BatchNorm2d? norm, Tensor images, bool rectified)
    {
        var (w, b) = GetOrFold(convolution, ScalarType.Float32, () =>
        {
            var (weight, bias) = Fold(convolution, norm);
            return (GreyConvolution.ToLoopOrder(weight, type),
                GreyConvolution.ToLoopOrder(bias ?? zeros(weight.shape[0], device: images.device), type));
        });
        return GreyConvolution.Create(convolution, images, type, rectified).Apply(images, w, b!);
    }

    private (Tensor Weight, Tensor? Bias) GetOrFold(Conv2d convolution, BatchNorm2d? norm, Func<Tensor, Tensor> arrange) =>
        GetOrFold(convolution, type, () =>
        {
            var (weight, bias) = Fold(convolution, norm);
            return (arrange(weight), bias);
        });

    private (Tensor Weight, Tensor? Bias) GetOrFold(nn.Module module, ScalarType kind, Func<(Tensor, Tensor?)> fold)
    {
        if (folded.TryGetValue(module, out var existing)) return existing;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (weight, bias) = fold();
        // A copy even if the type is the same: the module's own weights may change later.
        var w = weight.detach().to(kind, copy: true);
        if (w.dim() == 4) w = ChannelsLast.Convert(w);
        return folded[module] = (w.DetachFromDisposeScope(), bias?.detach().to(kind, copy: true).DetachFromDisposeScope());
    }

    /// <summary>Folds the factor and summand of a norm into a convolution.</summary>
    /// <param name="convolution">The kernel and the bias.</param>
    /// <param name="norm">Null for none.</param>
    /// <param name="precision">The precision of the computation; null for that of the weights.</param>
    internal static (Tensor Weight, Tensor? Bias) Fold(Conv2d convolution, BatchNorm2d? norm, ScalarType? precision = null)
    {
        if (norm is null) return (convolution.weight!, convolution.bias);
        Tensor Convert(Tensor t) => precision is { } type ? t.to(type) : t;
        var (scale, shift) = Affine(norm, Convert);
        var bias = convolution.bias is null ? shift : shift + scale * Convert(convolution.bias);
        return (Convert(convolution.weight!) * scale.reshape(-1, 1, 1, 1), bias);
    }

    /// <summary>Returns the factor and the summand of each channel by which a norm acts in evaluation mode.</summary>
    private static (Tensor Scale, Tensor Shift) Affine(BatchNorm2d norm, Func<Tensor, Tensor>? convert = null)
    {
        convert ??= t => t;
        var scale = convert(norm.weight!) / (convert(norm.running_var!) + norm.eps).sqrt();
        return (scale, convert(norm.bias!) - convert(norm.running_mean!) * scale);
    }
}
