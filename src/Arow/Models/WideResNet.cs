using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// Wide residual networks (Zagoruyko and Komodakis 2016). Keys as in the TRADES, RobustBench and ARoW code:
/// <c>conv1 block1.layer.0.bn1 … block1.layer.0.convShortcut … bn1 fc</c>.
/// </summary>
internal sealed class WideResNet : LayeredModule
{
    private const int MaximumLayers = 1000;

    private readonly Conv2d conv1;
    private readonly Stage block1, block2, block3;
    private readonly BatchNorm2d bn1;
    private readonly Linear fc;
    private readonly Activation activation;

    /// <summary>Creates the network with normal convolution weights of variance 2 / fan-out, as published.</summary>
    /// <param name="input">The images; any size from 4x4.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depth">The number of layers, 6 n + 4.</param>
    /// <param name="width">The factor of the number of channels.</param>
    /// <param name="activation">The nonlinearity.</param>
    /// <param name="rawShortcut">
    /// The variant of the ARoW code: in the three blocks that change the channels, the first convolution and the shortcut
    /// read the block's input without batch norm and activation, and <c>bn1</c> has no effect. The keys are the same, the
    /// function is not.
    /// </param>
    public WideResNet(
        InputShape input, int classes, int depth, int width, Activation activation = Activation.Relu,
        bool rawShortcut = false) : base(nameof(WideResNet))
    {
        this.activation = activation;
        var blocks = (depth - 4) / 6;
        conv1 = Layers.Conv3x3(input.Channels, 16);
        block1 = new Stage(16, 16 * width, blocks, stride: 1, activation, rawShortcut);
        block2 = new Stage(16 * width, 32 * width, blocks, stride: 2, activation, rawShortcut);
        block3 = new Stage(32 * width, 64 * width, blocks, stride: 2, activation, rawShortcut);
        bn1 = nn.BatchNorm2d(64 * width);
        fc = nn.Linear(64 * width, classes);
        RegisterComponents();
        Initialize();
    }

    /// <summary>Returns an error message for an invalid depth or width; null if both are valid.</summary>
    internal static string? ValidateSize(int depth, int width) =>
        depth is < 10 or > MaximumLayers || (depth - 4) % 6 != 0
            ? $"D, the depth, must be 6n + 4 from 10 to {MaximumLayers}: 10, 16, 22, 28, 34, 40 …"
        : width < 1 ? "W, the channel multiplier, must be at least 1"
        : null;

    /// <summary>The number of weights of the 3x3 convolutions, which are nearly all.</summary>
    internal static double ApproximateWeights(int depth, int width) =>
        (depth - 4) / 6 * 2 * 9.0 * (16 * 16 + 32 * 32 + 64 * 64) * width * width;

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolution(conv1, norm: null, images);
        foreach (var block in (Stage[])[block1, block2, block3]) h = block.Execute(h, layers);
        h = layers.Activate(activation, layers.Normalize(bn1, h));
        return layers.Logits(fc, layers.GlobalAverage(h));
    }

    private void Initialize()
    {
        foreach (var convolution in modules().OfType<Conv2d>()) Layers.InitializeByFanOut(convolution);
        nn.init.zeros_(fc.bias);
    }

    private sealed class Stage : LayeredModule
    {
        private readonly Sequential layer;

        public Stage(int channels, int planes, int blocks, int stride, Activation activation, bool rawShortcut)
            : base(nameof(Stage))
        {
            layer = Layers.Stage(ref channels, planes, blocks, stride, (from, step) => new Block(from, planes, step, activation, rawShortcut));
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers) => Layers.Execute(layer, x, layers);
    }

    private sealed class Block : LayeredModule
    {
        private readonly BatchNorm2d bn1, bn2;
        private readonly Conv2d conv1, conv2;
        private readonly Conv2d? convShortcut;
        private readonly Activation activation;
        private readonly bool rawShortcut;

        public Block(int channels, int planes, int stride, Activation activation, bool rawShortcut) : base(nameof(Block))
        {
            this.activation = activation;
            this.rawShortcut = rawShortcut;
            bn1 = nn.BatchNorm2d(channels);
            conv1 = Layers.Conv3x3(channels, planes, stride);
            bn2 = nn.BatchNorm2d(planes);
            conv2 = Layers.Conv3x3(planes, planes);
            convShortcut = channels == planes ? null : Layers.Conv1x1(channels, planes, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            // Called even if the result is not used: training updates its statistics.
            var active = layers.Activate(activation, layers.Normalize(bn1, x));
            var entering = convShortcut is not null && rawShortcut ? x : active;
            var h = layers.Activate(activation, layers.Convolution(conv1, bn2, entering));
            h = layers.Convolution(conv2, norm: null, h);
            return layers.Add(h, convShortcut is null ? x : layers.Convolution(convShortcut, norm: null, entering));
        }
    }
}
