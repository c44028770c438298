using Arow.Models.Kernels;
using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>
/// Executes training: products in one precision, with weights, batch statistics and logits in float32. The float32 weights
/// receive the gradients.
/// </summary>
/// <param name="type">The precision of products.</param>
internal sealed class TrainingExecutor(ScalarType type) : ILayerExecutor
{
    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        if (GreyConvolution.CanHandle(convolution, images)) return Normalized(norm, ComputeGrey(convolution, images, rectified: false));
        return type == ScalarType.Float32
            ? Convolution(convolution, norm, ChannelsLast.Convert(images))
            : Convolve(convolution, norm, SplitBFloat16.SplitImages(images), SplitBFloat16.DuplicateKernel(convolution.weight!));
    }

    public Tensor FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        activation == Activation.Relu && norm is null && GreyConvolution.CanHandle(convolution, images)
            ? ComputeGrey(convolution, images, rectified: true)
            : activation.ApplyInPlace(FirstConvolution(convolution, norm, images));

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Convolve(convolution, norm, x, convolution.weight!);

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Linear(Linear linear, Tensor x) => F.linear(x, linear.weight!.to(type), linear.bias?.to(type));

    public Tensor Dropout(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Logits(Linear linear, Tensor x) => F.linear(x.to(ScalarType.Float32), linear.weight!, linear.bias);

    private Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x, Tensor weight) =>
        Normalized(norm, new TrainedConvolution(type, convolution.stride!, convolution.padding!, convolution.groups)
            .Apply(x, weight, convolution.bias));

    private Tensor ComputeGrey(Conv2d convolution, Tensor images, bool rectified)
    {
        Tensor weight = convolution.weight!, bias = convolution.bias ?? zeros(weight.shape[0], device: weight.device);
        return GreyConvolution.Create(convolution, images, type, rectified)
            .Apply(images, GreyConvolution.ToLoopOrder(weight, type), GreyConvolution.ToLoopOrder(bias, type));
    }

    private static Tensor Normalized(BatchNorm2d? norm, Tensor x) => norm is null ? x : norm.call(x);
}
