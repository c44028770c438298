using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>Finds the head of an architecture, its last linear layer, without computing anything.</summary>
internal sealed class HeadFinder : ILayerExecutor
{
    /// <summary>The head; null before an architecture has been executed.</summary>
    public Linear? Head { get; private set; }

    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images) => images;

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => x;

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => x;

    public Tensor Activate(Activation activation, Tensor x) => x;

    public Tensor ActivateAndPool(Tensor x) => x;

    public Tensor MaxPool(Tensor x, long kernel, long stride, long padding) => x;

    public Tensor PadEnd(Tensor x) => x;

    public Tensor Add(Tensor x, Tensor y) => x;

    public Tensor GlobalAverage(Tensor x) => x;

    public Tensor Flatten(Tensor x) => x;

    public Tensor Linear(Linear linear, Tensor x) => x;

    public Tensor Dropout(Dropout dropout, Tensor x) => x;

    public Tensor Logits(Linear linear, Tensor x)
    {
        Head = linear;
        return x;
    }
}
