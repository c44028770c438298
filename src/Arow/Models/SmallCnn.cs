using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// The small network of TRADES (Zhang et al. 2019, models/small_cnn.py): four 3x3 convolutions without padding in two
/// pairs, each pair followed by a maximum over 2x2, then three linear layers with dropout 0.5 after the first. Keys:
/// <c>feature_extractor.conv1.weight</c> … <c>classifier.fc3.bias</c>.
/// </summary>
public sealed class SmallCnn : nn.Module<Tensor, Tensor>
{
    // Named as the published keys are.
    private readonly Sequential feature_extractor;
    private readonly Sequential classifier;

    /// <summary>Builds the network with fresh weights, the last layer zero as published.</summary>
    /// <param name="input">At least 16 pixels high and wide.</param>
    /// <param name="classes">Number of classes.</param>
    public SmallCnn(InputShape input, int classes) : base(nameof(SmallCnn))
    {
        if (Math.Min(input.Height, input.Width) < 16)
            throw new InputException($"small-cnn takes images of 16x16 pixels or more, not {input}");

        feature_extractor = nn.Sequential(
            ("conv1", nn.Conv2d(input.Channels, 32, 3)), ("relu1", nn.ReLU()),
            ("conv2", nn.Conv2d(32, 32, 3)), ("relu2", nn.ReLU()), ("maxpool1", nn.MaxPool2d(2, 2)),
            ("conv3", nn.Conv2d(32, 64, 3)), ("relu3", nn.ReLU()),
            ("conv4", nn.Conv2d(64, 64, 3)), ("relu4", nn.ReLU()), ("maxpool2", nn.MaxPool2d(2, 2)));
        var features = 64 * Shrunk(input.Height) * Shrunk(input.Width);
        classifier = nn.Sequential(
            ("fc1", nn.Linear(features, 200)), ("relu1", nn.ReLU()), ("drop", nn.Dropout(0.5)),
            ("fc2", nn.Linear(200, 200)), ("relu2", nn.ReLU()),
            ("fc3", nn.Linear(200, classes)));
        RegisterComponents();
        Initialize();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return classifier.call(feature_extractor.call(input.alias()).flatten(1)).MoveToOuterDisposeScope();
    }

    private void Initialize()
    {
        foreach (var module in feature_extractor.children().OfType<Conv2d>())
        {
            nn.init.kaiming_normal_(module.weight);
            nn.init.zeros_(module.bias);
        }
        var last = classifier.children().OfType<Linear>().Last();
        nn.init.zeros_(last.weight);
        nn.init.zeros_(last.bias);
    }

    /// <summary>What two pairs of convolutions and maxima leave of a side.</summary>
    private static int Shrunk(int side) => ((side - 4) / 2 - 4) / 2;
}
