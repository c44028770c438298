using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>Executes as another executor does, but for batch norms, which are computed over the images of several processes.</summary>
/// <param name="layers">The other.</param>
/// <param name="norms">The batch norms.</param>
internal sealed class JointExecutor(ILayerExecutor layers, JointBatchNorm norms) : ILayerExecutor
{
    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images) =>
        Normalized(norm, layers.FirstConvolution(convolution, norm: null, images));

    public Tensor FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) => norm is null
        ? layers.FirstConvolutionAndActivate(convolution, norm: null, activation, images)
        : Activate(activation, FirstConvolution(convolution, norm, images));

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Normalized(norm, layers.Convolution(convolution, norm: null, x));

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norms.Apply(norm, x);

    public Tensor Activate(Activation activation, Tensor x) => layers.Activate(activation, x);

    public Tensor ActivateAndPool(Tensor x) => layers.ActivateAndPool(x);

    public Tensor MaxPool(Tensor x, long kernel, long stride, long padding) => layers.MaxPool(x, kernel, stride, padding);

    public Tensor PadEnd(Tensor x) => layers.PadEnd(x);

    public Tensor Add(Tensor x, Tensor y) => layers.Add(x, y);

    public Tensor GlobalAverage(Tensor x) => layers.GlobalAverage(x);

    public Tensor Flatten(Tensor x) => layers.Flatten(x);

    public Tensor Linear(Linear linear, Tensor x) => layers.Linear(linear, x);

    public Tensor Dropout(Dropout dropout, Tensor x) => layers.Dropout(dropout, x);

    public Tensor Logits(Linear linear, Tensor x) => layers.Logits(linear, x);

    private Tensor Normalized(BatchNorm2d? norm, Tensor x) => norm is null ? x : norms.Apply(norm, x);
}
