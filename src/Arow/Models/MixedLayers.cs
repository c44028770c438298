using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Training in reduced precision: products in bfloat16 of weights that are kept in float32, the statistics of batch norm
/// and the logits in float32. Gradients arrive at the float32 weights.
/// </summary>
internal sealed class MixedLayers : ILayers
{
    private const ScalarType Half = ScalarType.BFloat16;

    public static readonly MixedLayers Instance = new();

    public Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images) =>
        Convolve(convolution, norm, TwoParts.Of(images), TwoParts.Kernel(convolution.weight!));

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Convolve(convolution, norm, x, convolution.weight!);

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Project(Linear linear, Tensor x) => F.linear(x, linear.weight!.to(Half), linear.bias?.to(Half));

    public Tensor Drop(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Leave(Linear linear, Tensor x) => F.linear(x.to(ScalarType.Float32), linear.weight!, linear.bias);

    private static Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x, Tensor weight)
    {
        var h = ChannelsLast.Convolve(
            x, ChannelsLast.Of(weight.to(Half)), convolution.bias?.to(Half), convolution.stride, convolution.padding!);
        return norm is null ? h : norm.call(h);
    }
}
