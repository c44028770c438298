using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// DeepMind's pre-activation residual networks (Gowal et al. 2020): SAME padding as in <see cref="DmWideResNet"/>, and shortcuts of
/// 3x3 that read the block's input before its batch norm. Keys as in DeepMind's, Rebuffi's and RobustBench's code:
/// <c>conv_2d layer_0.0.batchnorm_0 layer_0.0.conv_2d_1 … layer_1.0.shortcut … batchnorm logits</c>.
/// </summary>
internal sealed class DmPreActResNet : LayeredModule
{
    // The names are the published keys.
    private readonly Conv2d conv_2d;
    private readonly Sequential layer_0, layer_1, layer_2, layer_3;
    private readonly BatchNorm2d batchnorm;
    private readonly Linear logits;
    private readonly Activation activation;

    /// <summary>Creates the network with PyTorch's default initial weights, as published.</summary>
    /// <param name="input">The images; any size from 8x8.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depths">Blocks in each of the four stages.</param>
    /// <param name="activation">The nonlinearity; published networks have SiLU, called Swish in their code, or ReLU.</param>
    /// <param name="width">Channels of the first stage, 64 as published.</param>
    public DmPreActResNet(
        InputShape input, int classes, IReadOnlyList<int> depths, Activation activation = Activation.Relu, int width = 64)
        : base(nameof(DmPreActResNet))
    {
        if (Math.Min(input.Height, input.Width) < 8)
            throw new InputException($"dm-preact-resnet18 requires images of at least 8x8 pixels, not {input}");
        this.activation = activation;
        var channels = width;
        conv_2d = Layers.Conv3x3(input.Channels, width);
        layer_0 = Stage(width, depths[0], stride: 1);
        layer_1 = Stage(2 * width, depths[1], stride: 2);
        layer_2 = Stage(4 * width, depths[2], stride: 2);
        layer_3 = Stage(8 * width, depths[3], stride: 2);
        batchnorm = nn.BatchNorm2d(8 * width);
        logits = nn.Linear(8 * width, classes);
        RegisterComponents();

        Sequential Stage(int planes, int depth, int stride) => Layers.Stage(
            ref channels, planes, depth, stride, (from, step) => new Block(from, planes, step, activation));
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolution(conv_2d, norm: null, images);
        foreach (var stage in (Sequential[])[layer_0, layer_1, layer_2, layer_3]) h = Layers.Execute(stage, h, layers);
        h = layers.Activate(activation, layers.Normalize(batchnorm, h));
        return layers.Logits(logits, layers.GlobalAverage(h));
    }

    private sealed class Block : LayeredModule
    {
        private readonly BatchNorm2d batchnorm_0, batchnorm_1;
        private readonly Conv2d conv_2d_1, conv_2d_2;
        private readonly Conv2d? shortcut;
        private readonly Activation activation;

        public Block(int channels, int planes, int stride, Activation activation) : base(nameof(Block))
        {
            this.activation = activation;
            batchnorm_0 = nn.BatchNorm2d(channels);
            conv_2d_1 = Layers.Conv3x3Same(channels, planes, stride);
            batchnorm_1 = nn.BatchNorm2d(planes);
            conv_2d_2 = Layers.Conv3x3(planes, planes);
            shortcut = stride == 1 && channels == planes ? null : Layers.Conv3x3Same(channels, planes, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var active = layers.Activate(activation, layers.Normalize(batchnorm_0, x));
            var h = layers.Activate(activation, Layers.ConvolveSame(conv_2d_1, batchnorm_1, active, layers));
            h = layers.Convolution(conv_2d_2, norm: null, h);
            return layers.Add(h, shortcut is null ? x : Layers.ConvolveSame(shortcut, norm: null, x, layers));
        }
    }
}
