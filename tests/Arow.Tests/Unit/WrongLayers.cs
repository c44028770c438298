using Arow.Models;
using TorchSharp.Modules;

namespace Arow.Tests.Unit;

/// <summary>Layers of which one gives its channels, or features, in another order.</summary>
/// <param name="layers">How they are computed.</param>
/// <param name="wrong">Which is wrong, from 0 in the order of a pass; negative for none.</param>
internal sealed class WrongLayers(ILayers layers, int wrong) : ILayers
{
    private int inPass;

    /// <summary>How many were computed, over all passes.</summary>
    public int Count { get; private set; }

    public Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images)
    {
        inPass = 0;
        return Checked(layers.Enter(convolution, norm, images));
    }

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x) => Checked(layers.Convolve(convolution, norm, x));

    public Tensor Normalize(BatchNorm2d norm, Tensor x) => layers.Normalize(norm, x);

    public Tensor Project(Linear linear, Tensor x) => Checked(layers.Project(linear, x));

    public Tensor Drop(Dropout dropout, Tensor x) => layers.Drop(dropout, x);

    public Tensor Leave(Linear linear, Tensor x) => Checked(layers.Leave(linear, x));

    private Tensor Checked(Tensor y)
    {
        Count++;
        return inPass++ == wrong ? y.roll(1, 1) : y;
    }
}
