using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Residual networks (He et al. 2016) with the stem for small images: one 3x3 convolution, no pooling. Keys as in the
/// ARoW and RobustBench code: <c>conv1 bn1 layer1.0.conv1 … layer2.0.shortcut.0 … linear</c>.
/// </summary>
internal sealed class ResNet : LayeredModule
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential layer1, layer2, layer3, layer4;
    private readonly Linear linear;
    private readonly Activation activation;

    /// <summary>Creates the network with PyTorch's default initial weights, as published.</summary>
    /// <param name="input">The images; any size from 8x8.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depths">Blocks in each of the four stages.</param>
    /// <param name="bottleneck">Whether blocks are 1x1, 3x3, 1x1 (from ResNet-50 on) or 3x3, 3x3.</param>
    /// <param name="activation">The nonlinearity.</param>
    /// <param name="width">Channels of the first stage, 64 as published; each later stage has twice the channels of the previous.</param>
    public ResNet(
        InputShape input, int classes, IReadOnlyList<int> depths, bool bottleneck = false,
        Activation activation = Activation.Relu, int width = 64) : base(nameof(ResNet))
    {
        this.activation = activation;
        var expansion = bottleneck ? 4 : 1;
        var channels = width;
        conv1 = Layers.Conv3x3(input.Channels, width);
        bn1 = nn.BatchNorm2d(width);
        layer1 = Stage(width, depths[0], stride: 1);
        layer2 = Stage(2 * width, depths[1], stride: 2);
        layer3 = Stage(4 * width, depths[2], stride: 2);
        layer4 = Stage(8 * width, depths[3], stride: 2);
        linear = nn.Linear(8 * width * expansion, classes);
        RegisterComponents();

        Sequential Stage(int planes, int depth, int stride) => Layers.Stage(
            ref channels, planes * expansion, depth, stride, (from, step) => bottleneck
                ? new Bottleneck(from, planes, step, activation)
                : new BasicBlock(from, planes, step, activation));
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolutionAndActivate(conv1, bn1, activation, images);
        foreach (var stage in (Sequential[])[layer1, layer2, layer3, layer4]) h = Layers.Execute(stage, h, layers);
        return layers.Logits(linear, layers.GlobalAverage(h));
    }

    private sealed class BasicBlock : LayeredModule
    {
        private readonly Conv2d conv1, conv2;
        private readonly BatchNorm2d bn1, bn2;
        private readonly Sequential? shortcut;
        private readonly Activation activation;

        public BasicBlock(int channels, int planes, int stride, Activation activation) : base(nameof(BasicBlock))
        {
            this.activation = activation;
            conv1 = Layers.Conv3x3(channels, planes, stride);
            bn1 = nn.BatchNorm2d(planes);
            conv2 = Layers.Conv3x3(planes, planes);
            bn2 = nn.BatchNorm2d(planes);
            shortcut = Layers.Projection(channels, planes, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var h = layers.Activate(activation, layers.Convolution(conv1, bn1, x));
            h = layers.Add(layers.Convolution(conv2, bn2, h), Layers.Shortcut(shortcut, x, layers));
            return layers.Activate(activation, h);
        }
    }

    private sealed class Bottleneck : LayeredModule
    {
        private readonly Conv2d conv1, conv2, conv3;
        private readonly BatchNorm2d bn1, bn2, bn3;
        private readonly Sequential? shortcut;
        private readonly Activation activation;

        public Bottleneck(int channels, int planes, int stride, Activation activation) : base(nameof(Bottleneck))
        {
            this.activation = activation;
            conv1 = Layers.Conv1x1(channels, planes);
            bn1 = nn.BatchNorm2d(planes);
            conv2 = Layers.Conv3x3(planes, planes, stride);
            bn2 = nn.BatchNorm2d(planes);
            conv3 = Layers.Conv1x1(planes, 4 * planes);
            bn3 = nn.BatchNorm2d(4 * planes);
            shortcut = Layers.Projection(channels, 4 * planes, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var h = layers.Activate(activation, layers.Convolution(conv1, bn1, x));
            h = layers.Activate(activation, layers.Convolution(conv2, bn2, h));
            h = layers.Add(layers.Convolution(conv3, bn3, h), Layers.Shortcut(shortcut, x, layers));
            return layers.Activate(activation, h);
        }
    }
}
