using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Executes training: products in one precision, with weights, batch statistics and logits in float32. The float32 weights
/// receive the gradients.
/// </summary>
/// <param name="type">The precision of products.</param>
internal sealed class TrainedLayers(ScalarType type) : ILayers
{
    public Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        if (GreyConvolution.Takes(convolution, images)) return Normalized(norm, Grey(convolution, images, rectified: false));
        return type == ScalarType.Float32
            ? Convolve(convolution, norm, ChannelsLast.Of(images))
            : Convolve(convolution, norm, TwoParts.Of(images), TwoParts.Kernel(convolution.weight!));
    }

    public Tensor EnterAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        activation == Activation.Relu && norm is null && GreyConvolution.Takes(convolution, images)
            ? Grey(convolution, images, rectified: true)
            : activation.ApplyInPlace(Enter(convolution, norm, images));

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Convolve(convolution, norm, x, convolution.weight!);

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Project(Linear linear, Tensor x) => F.linear(x, linear.weight!.to(type), linear.bias?.to(type));

    public Tensor Drop(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Leave(Linear linear, Tensor x) => F.linear(x.to(ScalarType.Float32), linear.weight!, linear.bias);

    private Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x, Tensor weight) =>
        Normalized(norm, new TrainedConvolution(type, convolution.stride!, convolution.padding!).Of(x, weight, convolution.bias));

    private Tensor Grey(Conv2d convolution, Tensor images, bool rectified)
    {
        Tensor weight = convolution.weight!, bias = convolution.bias ?? zeros(weight.shape[0], device: weight.device);
        return GreyConvolution.For(convolution, images, type, rectified)
            .Of(images, GreyConvolution.Ordered(weight, type), GreyConvolution.Ordered(bias, type));
    }

    private static Tensor Normalized(BatchNorm2d? norm, Tensor x) => norm is null ? x : norm.call(x);
}
