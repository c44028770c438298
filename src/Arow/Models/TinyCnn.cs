using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// A very small network for the quickstart and for tests: three 3x3 convolutions with batch norm, the first two at
/// stride 2, then the mean over all pixels. It takes an eighth of the operations of <see cref="SmallCnn"/> on 28x28 images.
/// </summary>
internal sealed class TinyCnn : LayeredModule
{
    private readonly Conv2d conv1, conv2, conv3;
    private readonly BatchNorm2d bn1, bn2, bn3;
    private readonly Linear fc;

    /// <summary>Creates the network with PyTorch's default initial weights.</summary>
    /// <param name="input">The images; any size from 4x4.</param>
    /// <param name="classes">Number of classes.</param>
    public TinyCnn(InputShape input, int classes) : base(nameof(TinyCnn))
    {
        conv1 = Layers.Conv3x3(input.Channels, 16, stride: 2);
        bn1 = nn.BatchNorm2d(16);
        conv2 = Layers.Conv3x3(16, 32, stride: 2);
        bn2 = nn.BatchNorm2d(32);
        conv3 = Layers.Conv3x3(32, 64);
        bn3 = nn.BatchNorm2d(64);
        fc = nn.Linear(64, classes);
        RegisterComponents();
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolutionAndActivate(conv1, bn1, Activation.Relu, images);
        h = layers.Activate(Activation.Relu, layers.Convolution(conv2, bn2, h));
        h = layers.Activate(Activation.Relu, layers.Convolution(conv3, bn3, h));
        return layers.Logits(fc, layers.GlobalAverage(h));
    }
}
