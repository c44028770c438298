using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>What it is, and where it was published. The fields have the names of the published keys.</summary>
internal sealed class MyNetwork : LayeredModule
{
    private readonly Conv2d conv1, conv2;
    private readonly BatchNorm2d bn1, bn2;
    private readonly Linear fc;

    /// <summary>Creates the network with fresh weights.</summary>
    /// <param name="input">The images; any size from 2x2.</param>
    /// <param name="classes">Number of classes.</param>
    public MyNetwork(InputShape input, int classes) : base(nameof(MyNetwork))
    {
        conv1 = Layers.Conv3x3(input.Channels, 16);
        bn1 = nn.BatchNorm2d(16);
        conv2 = Layers.Conv3x3(16, 32, stride: 2);
        bn2 = nn.BatchNorm2d(32);
        fc = nn.Linear(32, classes);
        RegisterComponents();
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolutionAndActivate(conv1, bn1, Activation.Relu, images);
        h = layers.Activate(Activation.Relu, layers.Convolution(conv2, bn2, h));
        return layers.Logits(fc, layers.GlobalAverage(h));
    }
}
