using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Executes evaluation with all constants folded: batch norm into the convolution before it, or into a factor and a
/// summand. The weights are channels-last copies in one precision, without gradients.
/// </summary>
internal sealed class FrozenLayers : ILayers, IDisposable
{
    private readonly ScalarType type;
    private readonly Dictionary<nn.Module, (Tensor Weight, Tensor? Bias)> folded = [];

    /// <summary>Creates an executor; weights are copied on first use.</summary>
    /// <param name="type">The precision of products.</param>
    public FrozenLayers(ScalarType type) => this.type = type;

    public Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        if (GreyConvolution.Takes(convolution, images)) return Grey(convolution, norm, images, rectified: false);
        var inParts = type != ScalarType.Float32;
        var (w, b) = Kept(convolution, norm, kernel => inParts ? TwoParts.Kernel(kernel) : kernel);
        return ChannelsLast.Convolve(inParts ? TwoParts.Of(images) : ChannelsLast.Of(images), w, b, convolution.stride!, convolution.padding!);
    }

    public Tensor EnterAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        activation == Activation.Relu && GreyConvolution.Takes(convolution, images)
            ? Grey(convolution, norm, images, rectified: true)
            : activation.ApplyInPlace(Enter(convolution, norm, images));

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        var (w, b) = Kept(convolution, norm, kernel => kernel);
        return ChannelsLast.Convolve(x, w, b, convolution.stride!, convolution.padding!);
    }

    public Tensor Normalize(BatchNorm2d norm, Tensor x)
    {
        var (scale, shift) = Kept(norm, type, () =>
        {
            var (scale, shift) = Affine(norm);
            return (scale.reshape(1, -1, 1, 1), shift.reshape(1, -1, 1, 1));
        });
        return (x * scale).add_(shift!);
    }

    public Tensor Project(Linear linear, Tensor x)
    {
        var (w, b) = Kept(linear, type, () => (linear.weight!, linear.bias));
        return F.linear(x, w, b);
    }

    public Tensor Drop(Dropout dropout, Tensor x) => x;

    public Tensor Leave(Linear linear, Tensor x)
    {
        var (w, b) = Kept(linear, ScalarType.Float32, () => (linear.weight!, linear.bias));
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

    private Tensor Grey(Conv2d convolution, BatchNorm2d? norm, Tensor images, bool rectified)
    {
        var (w, b) = Kept(convolution, ScalarType.Float32, () =>
        {
            var (weight, bias) = Fold(convolution, norm);
            return (GreyConvolution.Ordered(weight, type), GreyConvolution.Ordered(bias ?? zeros(weight.shape[0], device: images.device), type));
        });
        return GreyConvolution.For(convolution, images, type, rectified).Of(images, w, b!);
    }

    private (Tensor Weight, Tensor? Bias) Kept(Conv2d convolution, BatchNorm2d? norm, Func<Tensor, Tensor> arranged) =>
        Kept(convolution, type, () =>
        {
            var (weight, bias) = Fold(convolution, norm);
            return (arranged(weight), bias);
        });

    private (Tensor Weight, Tensor? Bias) Kept(nn.Module module, ScalarType kind, Func<(Tensor, Tensor?)> fold)
    {
        if (folded.TryGetValue(module, out var kept)) return kept;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (weight, bias) = fold();
        // A copy even if the type is the same: the module's own weights may change later.
        var w = weight.detach().to(kind, copy: true);
        if (w.dim() == 4) w = ChannelsLast.Of(w);
        return folded[module] = (w.DetachFromDisposeScope(), bias?.detach().to(kind, copy: true).DetachFromDisposeScope());
    }

    /// <summary>Folds the factor and summand of a norm into a convolution.</summary>
    /// <param name="convolution">The kernel and the bias.</param>
    /// <param name="norm">Null for none.</param>
    /// <param name="precision">The precision of the computation; null for that of the weights.</param>
    internal static (Tensor Weight, Tensor? Bias) Fold(Conv2d convolution, BatchNorm2d? norm, ScalarType? precision = null)
    {
        if (norm is null) return (convolution.weight!, convolution.bias);
        Tensor Precise(Tensor t) => precision is { } type ? t.to(type) : t;
        var (scale, shift) = Affine(norm, Precise);
        var bias = convolution.bias is null ? shift : shift + scale * Precise(convolution.bias);
        return (Precise(convolution.weight!) * scale.reshape(-1, 1, 1, 1), bias);
    }

    /// <summary>Returns the factor and the summand of each channel by which a norm acts in evaluation mode.</summary>
    private static (Tensor Scale, Tensor Shift) Affine(BatchNorm2d norm, Func<Tensor, Tensor>? precise = null)
    {
        precise ??= t => t;
        var scale = precise(norm.weight!) / (precise(norm.running_var!) + norm.eps).sqrt();
        return (scale, precise(norm.bias!) - precise(norm.running_mean!) * scale);
    }
}
