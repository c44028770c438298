using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Residual networks with batch norm and activation before each convolution (He et al. 2016, <i>Identity mappings</i>).
/// Keys: <c>conv1 layer1.0.bn1 layer1.0.conv1 … layer2.0.shortcut.0 … bn linear</c>.
/// </summary>
internal sealed class PreActResNet : LayeredModule
{
    private readonly Conv2d conv1;
    private readonly Sequential layer1, layer2, layer3, layer4;
    private readonly BatchNorm2d? bn;
    private readonly Linear linear;
    private readonly Activation activation;

    /// <summary>Creates the network with PyTorch's default initial weights, as published.</summary>
    /// <param name="input">The images; any size from 8x8.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depths">Blocks in each of the four stages.</param>
    /// <param name="activation">The nonlinearity; the ARoW code has SiLU here, most others ReLU.</param>
    /// <param name="width">Channels of the first stage, 64 as published; each later stage has twice the channels of the previous.</param>
    /// <param name="rawShortcut">
    /// The variant of the fast adversarial training code (Wong et al. 2020): shortcuts read the block's input without batch norm and
    /// activation. The keys are the same, the function is not.
    /// </param>
    /// <param name="finalNorm">Whether batch norm and activation follow the last block; without them there are no keys <c>bn</c>.</param>
    public PreActResNet(
        InputShape input, int classes, IReadOnlyList<int> depths, Activation activation = Activation.Relu, int width = 64,
        bool rawShortcut = false, bool finalNorm = true)
        : base(nameof(PreActResNet))
    {
        this.activation = activation;
        var channels = width;
        conv1 = Layers.Conv3x3(input.Channels, width);
        layer1 = Stage(width, depths[0], stride: 1);
        layer2 = Stage(2 * width, depths[1], stride: 2);
        layer3 = Stage(4 * width, depths[2], stride: 2);
        layer4 = Stage(8 * width, depths[3], stride: 2);
        if (finalNorm) bn = nn.BatchNorm2d(8 * width);
        linear = nn.Linear(8 * width, classes);
        RegisterComponents();

        Sequential Stage(int planes, int depth, int stride) => Layers.Stage(
            ref channels, planes, depth, stride, (from, step) => new Block(from, planes, step, activation, rawShortcut));
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolution(conv1, norm: null, images);
        foreach (var stage in (Sequential[])[layer1, layer2, layer3, layer4]) h = Layers.Execute(stage, h, layers);
        if (bn is not null) h = layers.Activate(activation, layers.Normalize(bn, h));
        return layers.Logits(linear, layers.GlobalAverage(h));
    }

    private sealed class Block : LayeredModule
    {
        private readonly BatchNorm2d bn1, bn2;
        private readonly Conv2d conv1, conv2;
        private readonly Sequential? shortcut;
        private readonly Activation activation;
        private readonly bool rawShortcut;

        public Block(int channels, int planes, int stride, Activation activation, bool rawShortcut) : base(nameof(Block))
        {
            (this.activation, this.rawShortcut) = (activation, rawShortcut);
            bn1 = nn.BatchNorm2d(channels);
            conv1 = Layers.Conv3x3(channels, planes, stride);
            bn2 = nn.BatchNorm2d(planes);
            conv2 = Layers.Conv3x3(planes, planes);
            shortcut = stride == 1 && channels == planes ? null : Layers.Sequence([Layers.Conv1x1(channels, planes, stride)]);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var active = layers.Activate(activation, layers.Normalize(bn1, x));
            var h = layers.Activate(activation, layers.Convolution(conv1, bn2, active));
            h = layers.Convolution(conv2, norm: null, h);
            return layers.Add(h, Layers.Shortcut(shortcut, shortcut is null || rawShortcut ? x : active, layers));
        }
    }
}
