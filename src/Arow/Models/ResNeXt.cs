using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// ResNeXt for small images (Xie et al. 2017), three stages of bottlenecks whose 3x3 convolutions are grouped. Keys as in
/// RobustBench and the AugMix code: <c>conv_1_3x3 bn_1 stage_1.0.conv_reduce … stage_1.0.downsample.0 … classifier</c>.
/// </summary>
internal sealed class ResNeXt : LayeredModule
{
    private const int Expansion = 4;

    // The names are the published keys.
    private readonly Conv2d conv_1_3x3;
    private readonly BatchNorm2d bn_1;
    private readonly Sequential stage_1, stage_2, stage_3;
    private readonly Linear classifier;

    /// <summary>Creates the network with normal weights, of variance 2 / fan-out in convolutions, as published.</summary>
    /// <param name="input">The images; any size from 4x4.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="depth">The number of layers, 9 n + 2.</param>
    /// <param name="cardinality">The number of groups.</param>
    /// <param name="baseWidth">Channels of a group in the first stage.</param>
    public ResNeXt(InputShape input, int classes, int depth, int cardinality, int baseWidth) : base(nameof(ResNeXt))
    {
        var channels = 64;
        conv_1_3x3 = Layers.Conv3x3(input.Channels, channels);
        bn_1 = nn.BatchNorm2d(channels);
        stage_1 = Stage(64, stride: 1);
        stage_2 = Stage(128, stride: 2);
        stage_3 = Stage(256, stride: 2);
        classifier = nn.Linear(256 * Expansion, classes);
        RegisterComponents();
        foreach (var convolution in modules().OfType<Conv2d>()) Layers.InitializeByFanOut(convolution);
        nn.init.kaiming_normal_(classifier.weight);
        nn.init.zeros_(classifier.bias);

        Sequential Stage(int planes, int stride) => Layers.Stage(
            ref channels, planes * Expansion, (depth - 2) / 9, stride,
            (from, step) => new Block(from, planes, planes * baseWidth / 64 * cardinality, step, cardinality));
    }

    /// <summary>The number of weights of the convolutions in blocks of unchanged shape, which are nearly all.</summary>
    internal static double ApproximateWeights(int depth, double cardinality, double baseWidth) =>
        (depth - 2) / 9 * new[] { 64.0, 128, 256 }.Sum(planes =>
        {
            var inner = planes * baseWidth / 64 * cardinality;
            return 2 * Expansion * planes * inner + 9 * inner * inner / cardinality;
        });

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var h = layers.FirstConvolutionAndActivate(conv_1_3x3, bn_1, Activation.Relu, images);
        foreach (var stage in (Sequential[])[stage_1, stage_2, stage_3]) h = Layers.Execute(stage, h, layers);
        return layers.Logits(classifier, layers.GlobalAverage(h));
    }

    private sealed class Block : LayeredModule
    {
        private readonly Conv2d conv_reduce, conv_conv, conv_expand;
        private readonly BatchNorm2d bn_reduce, bn, bn_expand;
        private readonly Sequential? downsample;

        public Block(int channels, int planes, int inner, int stride, int cardinality) : base(nameof(Block))
        {
            var filters = planes * Expansion;
            conv_reduce = Layers.Conv1x1(channels, inner);
            bn_reduce = nn.BatchNorm2d(inner);
            conv_conv = nn.Conv2d(inner, inner, 3, stride, padding: 1, groups: cardinality, bias: false);
            bn = nn.BatchNorm2d(inner);
            conv_expand = Layers.Conv1x1(inner, filters);
            bn_expand = nn.BatchNorm2d(filters);
            downsample = Layers.Projection(channels, filters, stride);
            RegisterComponents();
        }

        public override Tensor Execute(Tensor x, ILayerExecutor layers)
        {
            var h = layers.Activate(Activation.Relu, layers.Convolution(conv_reduce, bn_reduce, x));
            h = layers.Activate(Activation.Relu, layers.Convolution(conv_conv, bn, h));
            h = layers.Add(layers.Convolution(conv_expand, bn_expand, h), Layers.Shortcut(downsample, x, layers));
            return layers.Activate(Activation.Relu, h);
        }
    }
}
