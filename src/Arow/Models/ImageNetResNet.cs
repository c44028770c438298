using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>The layers of a residual network before its first stage.</summary>
internal enum Stem
{
    /// <summary>A 7x7 convolution of stride 2 and max pooling, as published.</summary>
    Published,

    /// <summary>The 7x7 convolution alone.</summary>
    NoPooling,

    /// <summary>A 3x3 convolution of stride 1, for small images.</summary>
    Small,

    /// <summary>A 3x3 convolution of stride 1 and max pooling.</summary>
    SmallWithPooling,
}

/// <summary>
/// Residual networks for photographs (He et al. 2016): a 7x7 convolution and max pooling reduce the images to a quarter before
/// the first stage. In the blocks of three convolutions the 3x3 one has the stride. Keys as in torchvision:
/// <c>conv1 bn1 layer1.0.conv1 … layer2.0.downsample.0 … fc</c>.
/// </summary>
internal sealed class ImageNetResNet : LayeredModule
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential layer1, layer2, layer3, layer4;
    private readonly Linear fc;
    private readonly Stem stem;

    /// <summary>Creates the network with normal convolution weights of variance 2 / fan-out, as published.</summary>
    /// <param name="input">The images; any size, 224x224 as published.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depths">Blocks in each of the four stages.</param>
    /// <param name="bottleneck">Whether blocks are 1x1, 3x3, 1x1 (from ResNet-50 on) or 3x3, 3x3.</param>
    /// <param name="width">Channels of the first stage, 64 as published.</param>
    /// <param name="widening">The factor of the channels inside bottlenecks: 2 for wide networks.</param>
    /// <param name="stem">
    /// The layers before the first stage. Code for small images often replaces those of torchvision and keeps the keys; whether it
    /// pools cannot be seen from them.
    /// </param>
    public ImageNetResNet(
        InputShape input, int classes, IReadOnlyList<int> depths, bool bottleneck, int width = 64, int widening = 1, Stem stem = Stem.Published)
        : base(nameof(ImageNetResNet))
    {
        this.stem = stem;
        var expansion = bottleneck ? 4 : 1;
        var channels = width;
        conv1 = stem is Stem.Small or Stem.SmallWithPooling ? Layers.Conv3x3(input.Channels, width)
            : nn.Conv2d(input.Channels, width, 7, 2, padding: 3, bias: false);
        bn1 = nn.BatchNorm2d(width);
        layer1 = Stage(width, depths[0], stride: 1);
        layer2 = Stage(2 * width, depths[1], stride: 2);
        layer3 = Stage(4 * width, depths[2], stride: 2);
        layer4 = Stage(8 * width, depths[3], stride: 2);
        fc = nn.Linear(8 * width * expansion, classes);
        RegisterComponents();
        foreach (var convolution in modules().OfType<Conv2d>()) Layers.InitializeByFanOut(convolution);

        Sequential Stage(int planes, int depth, int stride) => Layers.Stage(
            ref channels, planes * expansion, depth, stride,
            (from, step) => new Block(from, planes, step, bottleneck ? planes * widening : null));
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolutionAndActivate(conv1, bn1, Activation.Relu, images);
        if (stem is Stem.Published or Stem.SmallWithPooling) h = layers.MaxPool(h, kernel: 3, stride: 2, padding: 1);
        foreach (var stage in (Sequential[])[layer1, layer2, layer3, layer4]) h = Layers.Execute(stage, h, layers);
        return layers.Logits(fc, layers.GlobalAverage(h));
    }

    private sealed class Block : LayeredModule
    {
        private readonly Conv2d conv1, conv2;
        private readonly Conv2d? conv3;
        private readonly BatchNorm2d bn1, bn2;
        private readonly BatchNorm2d? bn3;
        private readonly Sequential? downsample;

        /// <param name="channels">Channels of the input.</param>
        /// <param name="planes">Channels of the output, a quarter of them in bottlenecks.</param>
        /// <param name="stride">The stride of the block.</param>
        /// <param name="inner">Channels inside a bottleneck; null for a block of two 3x3 convolutions.</param>
        public Block(int channels, int planes, int stride, int? inner) : base(nameof(Block))
        {
            var filters = inner is null ? planes : 4 * planes;
            conv1 = inner is { } reduced ? Layers.Conv1x1(channels, reduced) : Layers.Conv3x3(channels, planes, stride);
            bn1 = nn.BatchNorm2d(inner ?? planes);
            conv2 = inner is { } width ? Layers.Conv3x3(width, width, stride) : Layers.Conv3x3(planes, planes);
            bn2 = nn.BatchNorm2d(inner ?? planes);
            if (inner is { } wide) (conv3, bn3) = (Layers.Conv1x1(wide, filters), nn.BatchNorm2d(filters));
            downsample = Layers.Projection(channels, filters, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var h = layers.Activate(Activation.Relu, layers.Convolution(conv1, bn1, x));
            h = layers.Convolution(conv2, bn2, h);
            if (conv3 is not null) h = layers.Convolution(conv3, bn3, layers.Activate(Activation.Relu, h));
            return layers.Activate(Activation.Relu, layers.Add(h, Layers.Shortcut(downsample, x, layers)));
        }
    }
}
