using TorchSharp.Modules;

namespace Arow.Tests.Unit.Models;

/// <summary>Layers of which one gives its channels, or features, in another order.</summary>
/// <param name="layers">How they are computed.</param>
/// <param name="wrong">Which is wrong, from 0 in the order of a pass; negative for none.</param>
internal sealed class WrongLayers(ILayerExecutor layers, int wrong) : ILayerExecutor
{
    private int inPass;

    /// <summary>How many were computed, over all passes.</summary>
    public int Count { get; private set; }

    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        inPass = 0;
        return Checked(layers.FirstConvolution(convolution, norm, images));
    }

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Checked(layers.Convolution(convolution, norm, x));

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => layers.Normalize(norm, x);

    public Tensor Linear(Linear linear, Tensor x) => Checked(layers.Linear(linear, x));

    public Tensor Dropout(Dropout dropout, Tensor x) => layers.Dropout(dropout, x);

    public Tensor Logits(Linear linear, Tensor x) => Checked(layers.Logits(linear, x));

    private Tensor Checked(Tensor y)
    {
        Count++;
        return inPass++ == wrong ? y.roll(1, 1) : y;
    }
}
