using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Training: products in one precision of weights that are kept in float32, the statistics of batch norm and the logits in
/// float32. Gradients arrive at the float32 weights.
/// </summary>
/// <param name="type">The precision of products.</param>
internal sealed class TrainedLayers(ScalarType type) : ILayers
{
    public Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images) => type == ScalarType.Float32
        ? Convolve(convolution, norm, ChannelsLast.Of(images))
        : Convolve(convolution, norm, TwoParts.Of(images), TwoParts.Kernel(convolution.weight!));

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Convolve(convolution, norm, x, convolution.weight!);

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Project(Linear linear, Tensor x) => F.linear(x, linear.weight!.to(type), linear.bias?.to(type));

    public Tensor Drop(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Leave(Linear linear, Tensor x) => F.linear(x.to(ScalarType.Float32), linear.weight!, linear.bias);

    private Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x, Tensor weight)
    {
        var h = new TrainedConvolution(type, convolution.stride!, convolution.padding!).Of(x, weight, convolution.bias);
        return norm is null ? h : norm.call(h);
    }
}
