using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// The small network of TRADES (Zhang et al. 2019, models/small_cnn.py): four 3x3 convolutions without padding in two
/// pairs, each pair followed by a maximum over 2x2, then three linear layers with dropout 0.5 after the first. Keys:
/// <c>feature_extractor.conv1.weight</c> … <c>classifier.fc3.bias</c>.
/// </summary>
public sealed class SmallCnn : nn.Module<Tensor, Tensor>, ILayered
{
    // These two give the layers their published keys; what is done with the layers is below.
    private readonly Sequential feature_extractor, classifier;
    private readonly Conv2d[] convolutions;
    private readonly (Linear First, Linear Second, Linear Last) linear;
    private readonly Dropout drop;

    /// <summary>Builds the network with fresh weights, the last layer zero as published.</summary>
    /// <param name="input">At least 16 pixels high and wide.</param>
    /// <param name="classes">Number of classes.</param>
    public SmallCnn(InputShape input, int classes) : base(nameof(SmallCnn))
    {
        if (Math.Min(input.Height, input.Width) < 16)
            throw new InputException($"small-cnn takes images of 16x16 pixels or more, not {input}");

        convolutions = [nn.Conv2d(input.Channels, 32, 3), nn.Conv2d(32, 32, 3), nn.Conv2d(32, 64, 3), nn.Conv2d(64, 64, 3)];
        feature_extractor = nn.Sequential([.. convolutions.Select((c, i) => ($"conv{i + 1}", (nn.Module<Tensor, Tensor>)c))]);
        Linear[] fc = [nn.Linear(64 * Shrunk(input.Height) * Shrunk(input.Width), 200), nn.Linear(200, 200), nn.Linear(200, classes)];
        linear = (fc[0], fc[1], fc[2]);
        drop = nn.Dropout(0.5);
        classifier = nn.Sequential(("fc1", fc[0]), ("drop", drop), ("fc2", fc[1]), ("fc3", fc[2]));
        RegisterComponents();
        Initialize();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Run(input, ExactLayers.Instance).MoveToOuterDisposeScope();
    }

    Tensor ILayered.Run(Tensor images, ILayers layers) => Run(images, layers);

    private Tensor Run(Tensor images, ILayers layers)
    {
        var h = layers.Activate(Activation.Relu, layers.Enter(convolutions[0], norm: null, images));
        h = layers.ActivateAndPool(layers.Convolve(convolutions[1], norm: null, h));
        h = layers.Activate(Activation.Relu, layers.Convolve(convolutions[2], norm: null, h));
        h = layers.ActivateAndPool(layers.Convolve(convolutions[3], norm: null, h));
        h = layers.Activate(Activation.Relu, layers.Project(linear.First, h.flatten(1)));
        h = layers.Activate(Activation.Relu, layers.Project(linear.Second, layers.Drop(drop, h)));
        return layers.Leave(linear.Last, h);
    }

    private void Initialize()
    {
        foreach (var convolution in convolutions)
        {
            nn.init.kaiming_normal_(convolution.weight);
            nn.init.zeros_(convolution.bias);
        }
        nn.init.zeros_(linear.Last.weight);
        nn.init.zeros_(linear.Last.bias);
    }

    /// <summary>What two pairs of convolutions and maxima leave of a side.</summary>
    private static int Shrunk(int side) => ((side - 4) / 2 - 4) / 2;
}
