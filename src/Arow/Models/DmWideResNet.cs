using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// DeepMind's wide residual networks (Gowal et al. 2020): 3x3 convolutions of stride 2 pad the images at the bottom and the
/// right only (SAME padding). Keys as in DeepMind's, Rebuffi's and RobustBench's code:
/// <c>init_conv layer.0.block.0.batchnorm_0 layer.0.block.0.conv_0 … layer.0.block.0.shortcut … batchnorm logits</c>.
/// </summary>
internal sealed class DmWideResNet : LayeredModule
{
    // The names are the published keys.
    private readonly Conv2d init_conv;
    private readonly Sequential layer;
    private readonly BatchNorm2d batchnorm;
    private readonly Linear logits;
    private readonly Activation activation;

    /// <summary>Creates the network with PyTorch's default initial weights, as published.</summary>
    /// <param name="input">The images; height and width are multiples of 4.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depth">The number of layers, 6 n + 4.</param>
    /// <param name="width">The factor of the number of channels.</param>
    /// <param name="activation">The nonlinearity; published networks have SiLU, called Swish in their code, or ReLU.</param>
    public DmWideResNet(InputShape input, int classes, int depth, int width, Activation activation = Activation.Relu)
        : base(nameof(DmWideResNet))
    {
        // With an odd number of rows the strides of convolution and shortcut would give different numbers.
        if (input.Height % 4 != 0 || input.Width % 4 != 0)
            throw new InputException($"dm-wrn requires images whose height and width are multiples of 4, not {input}");
        this.activation = activation;
        var blocks = (depth - 4) / 6;
        init_conv = Layers.Conv3x3(input.Channels, 16);
        layer = Layers.Sequence(
        [
            new Group(16, 16 * width, blocks, stride: 1, activation), new Group(16 * width, 32 * width, blocks, stride: 2, activation),
            new Group(32 * width, 64 * width, blocks, stride: 2, activation),
        ]);
        batchnorm = nn.BatchNorm2d(64 * width);
        logits = nn.Linear(64 * width, classes);
        RegisterComponents();
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = Layers.Execute(layer, layers.FirstConvolution(init_conv, norm: null, images), layers);
        h = layers.Activate(activation, layers.Normalize(batchnorm, h));
        return layers.Logits(logits, layers.GlobalAverage(h));
    }

    private sealed class Group : LayeredModule
    {
        private readonly Sequential block;

        public Group(int channels, int planes, int blocks, int stride, Activation activation) : base(nameof(Group))
        {
            block = Layers.Stage(ref channels, planes, blocks, stride, (from, step) => new Block(from, planes, step, activation));
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers) => Layers.Execute(block, x, layers);
    }

    private sealed class Block : LayeredModule
    {
        private readonly BatchNorm2d batchnorm_0, batchnorm_1;
        private readonly Conv2d conv_0, conv_1;
        private readonly Conv2d? shortcut;
        private readonly Activation activation;

        public Block(int channels, int planes, int stride, Activation activation) : base(nameof(Block))
        {
            this.activation = activation;
            batchnorm_0 = nn.BatchNorm2d(channels);
            conv_0 = Layers.Conv3x3Same(channels, planes, stride);
            batchnorm_1 = nn.BatchNorm2d(planes);
            conv_1 = Layers.Conv3x3(planes, planes);
            shortcut = channels == planes ? null : Layers.Conv1x1(channels, planes, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var active = layers.Activate(activation, layers.Normalize(batchnorm_0, x));
            var h = layers.Activate(activation, Layers.ConvolveSame(conv_0, batchnorm_1, active, layers));
            h = layers.Convolution(conv_1, norm: null, h);
            return layers.Add(h, shortcut is null ? x : layers.Convolution(shortcut, norm: null, active));
        }
    }
}
