using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// MobileNetV2 (Sandler et al. 2018): blocks that widen their input by 1x1 convolutions, convolve each channel by itself, and
/// narrow it again. Keys as in torchvision: <c>features.0.0 features.1.conv.0.0 … features.18.1 classifier.1</c>.
/// </summary>
internal sealed class MobileNetV2 : LayeredModule
{
    private const int FirstChannels = 32, LastChannels = 1280;

    /// <summary>Factor of widening, channels of the output, number of blocks and stride of the first of them, for each stage.</summary>
    private static readonly (int Factor, int Channels, int Blocks, int Stride)[] Stages =
    [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ];

    private readonly Sequential features, classifier;

    /// <summary>Creates the network with normal weights, of variance 2 / fan-out in convolutions, as published.</summary>
    /// <param name="input">The images; any size, 224x224 as published.</param>
    /// <param name="classes">Number of classes.</param>
    public MobileNetV2(InputShape input, int classes) : this(input, classes, Stages)
    {
    }

    /// <summary>Creates a network of other stages, for tests.</summary>
    internal MobileNetV2(InputShape input, int classes, IEnumerable<(int Factor, int Channels, int Blocks, int Stride)> stages)
        : base(nameof(MobileNetV2))
    {
        List<nn.Module<Tensor, Tensor>> blocks = [ConvolutionAndNorm(input.Channels, FirstChannels, 3, stride: 2)];
        var channels = FirstChannels;
        foreach (var (factor, filters, count, stride) in stages)
        {
            for (var i = 0; i < count; i++)
            {
                blocks.Add(new Block(channels, filters, i == 0 ? stride : 1, factor));
                channels = filters;
            }
        }
        blocks.Add(ConvolutionAndNorm(channels, LastChannels, 1));
        features = Layers.Sequence(blocks);
        classifier = Layers.Sequence([nn.Dropout(0.2), nn.Linear(LastChannels, classes)]);
        RegisterComponents();
        foreach (var convolution in modules().OfType<Conv2d>()) Layers.InitializeByFanOut(convolution);
        nn.init.normal_(Head.weight, 0, 0.01);
        nn.init.zeros_(Head.bias);
    }

    private Linear Head => classifier.children().OfType<Linear>().Single();

    public override bool HasLinearPointwise => true;

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var blocks = features.children().ToList();
        var (first, firstNorm) = Parts(blocks[0]);
        var h = layers.FirstConvolutionAndActivate(first, firstNorm, Activation.Relu6, images);
        h = blocks[1..^1].Cast<LayeredModule>().Aggregate(h, (x, block) => block.Execute(x, layers));
        h = ConvolveAndActivate(blocks[^1], h, layers);
        h = layers.Dropout(classifier.children().OfType<Dropout>().Single(), layers.GlobalAverage(h));
        return layers.Logits(Head, h);
    }

    private static Sequential ConvolutionAndNorm(int channels, int filters, int kernel, int stride = 1, int groups = 1) => Layers.Sequence(
    [
        nn.Conv2d(channels, filters, kernel, stride, padding: kernel / 2, groups: groups, bias: false), nn.BatchNorm2d(filters),
    ]);

    private static (Conv2d Convolution, BatchNorm2d Norm) Parts(nn.Module sequence)
    {
        var parts = sequence.children().ToList();
        return ((Conv2d)parts[0], (BatchNorm2d)parts[1]);
    }

    private static Tensor ConvolveAndActivate(nn.Module sequence, Tensor x, ILayerExecutor layers)
    {
        var (convolution, norm) = Parts(sequence);
        return layers.Activate(Activation.Relu6, layers.Convolution(convolution, norm, x));
    }

    private sealed class Block : LayeredModule
    {
        private readonly Sequential conv;
        private readonly bool addsInput;

        public Block(int channels, int filters, int stride, int factor) : base(nameof(Block))
        {
            var wide = channels * factor;
            addsInput = stride == 1 && channels == filters;
            nn.Module<Tensor, Tensor>[] widening = factor == 1 ? [] : [ConvolutionAndNorm(channels, wide, 1)];
            conv = Layers.Sequence(
            [
                .. widening, ConvolutionAndNorm(wide, wide, 3, stride, groups: wide), Layers.Conv1x1(wide, filters), nn.BatchNorm2d(filters),
            ]);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var parts = conv.children().ToList();
            var h = parts[..^2].Aggregate(x, (t, sequence) => ConvolveAndActivate(sequence, t, layers));
            h = layers.Convolution((Conv2d)parts[^2], (BatchNorm2d)parts[^1], h);
            return addsInput ? layers.Add(h, x) : h;
        }
    }
}
