using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// The small network of TRADES (Zhang et al. 2019, models/small_cnn.py): four 3x3 convolutions without padding in two
/// pairs, each followed by 2x2 max pooling, then three linear layers with dropout after the first. The keys are the same
/// with and without dropout: <c>feature_extractor.conv1.weight</c> … <c>classifier.fc3.bias</c>.
/// </summary>
internal sealed class SmallCnn : LayeredModule
{
    // The names are the published keys.
    private readonly Sequential feature_extractor, classifier;

    /// <summary>Creates the network with fresh weights; the last layer is zero as published.</summary>
    /// <param name="input">At least 16 pixels high and wide.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="dropout">The dropout rate, in [0, 1); null for a network without dropout.</param>
    public SmallCnn(InputShape input, int classes, double? dropout = 0.5) : base(nameof(SmallCnn))
    {
        if (Math.Min(input.Height, input.Width) < 16)
            throw new InputException($"small-cnn requires images of at least 16x16 pixels, not {input}");

        feature_extractor = nn.Sequential(
            ("conv1", nn.Conv2d(input.Channels, 32, 3)), ("conv2", nn.Conv2d(32, 32, 3)),
            ("conv3", nn.Conv2d(32, 64, 3)), ("conv4", nn.Conv2d(64, 64, 3)));
        (string, nn.Module<Tensor, Tensor>)[] drop = dropout is { } rate ? [("drop", nn.Dropout(rate))] : [];
        classifier = nn.Sequential(
            [("fc1", nn.Linear(64 * ReducedSide(input.Height) * ReducedSide(input.Width), 200)), .. drop,
            ("fc2", nn.Linear(200, 200)), ("fc3", nn.Linear(200, classes))]);
        RegisterComponents();
        Initialize();
    }

    public override Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        var (conv, fc) = (Convolutions, Linears);
        var h = layers.FirstConvolutionAndActivate(conv[0], norm: null, Activation.Relu, images);
        h = layers.ActivateAndPool(layers.Convolution(conv[1], norm: null, h));
        h = layers.Activate(Activation.Relu, layers.Convolution(conv[2], norm: null, h));
        h = layers.ActivateAndPool(layers.Convolution(conv[3], norm: null, h));
        h = layers.Activate(Activation.Relu, layers.Linear(fc[0], layers.Flatten(h)));
        if (Drop is { } drop) h = layers.Dropout(drop, h);
        h = layers.Activate(Activation.Relu, layers.Linear(fc[1], h));
        return layers.Logits(fc[2], h);
    }

    private List<Conv2d> Convolutions => [.. feature_extractor.children().OfType<Conv2d>()];

    private List<Linear> Linears => [.. classifier.children().OfType<Linear>()];

    private Dropout? Drop => classifier.children().OfType<Dropout>().SingleOrDefault();

    private void Initialize()
    {
        foreach (var convolution in Convolutions)
        {
            nn.init.kaiming_normal_(convolution.weight);
            nn.init.zeros_(convolution.bias);
        }
        nn.init.zeros_(Linears[2].weight);
        nn.init.zeros_(Linears[2].bias);
    }

    /// <summary>The length of a side after two pairs of convolutions with pooling.</summary>
    private static int ReducedSide(int side) => ((side - 4) / 2 - 4) / 2;
}
