using Arow.Models.Kernels;
using Arow.Runtime;
using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>Executes the modules themselves: in float32 or their own type, in their own mode.</summary>
internal sealed class ExactExecutor : ILayerExecutor
{
    public static readonly ExactExecutor Instance = new(linearPointwise: false);

    /// <summary>For networks with <see cref="LayeredModule.HasLinearPointwise"/>.</summary>
    public static readonly ExactExecutor LinearPointwise = new(linearPointwise: true);

    private readonly bool linearPointwise;

    private ExactExecutor(bool linearPointwise) => this.linearPointwise = linearPointwise;

    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images) => Convolution(convolution, norm, images);

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        var h = IsComputedLinearly(convolution)
            ? ChannelsLast.Convolve(x, convolution.weight!, convolution.bias, convolution.stride!, convolution.padding!)
            : convolution.call(x);
        return norm is null ? h : norm.call(h);
    }

    private bool IsComputedLinearly(Conv2d convolution) => OneDnnWorkaround.DividesByZero(convolution.weight!)
        || (linearPointwise && ChannelsLast.IsLinear(convolution.weight!, convolution.padding!));

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => norm.call(x);

    public Tensor Activate(Activation activation, Tensor x) => activation.Apply(x);

    public Tensor ActivateAndPool(Tensor x) => F.max_pool2d(F.relu(x), 2, 2);

    public Tensor Add(Tensor x, Tensor y) => x + y;

    public Tensor Linear(Linear linear, Tensor x) => linear.call(x);

    public Tensor Dropout(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Logits(Linear linear, Tensor x) => linear.call(x);
}
