namespace Arow.Models;

/// <summary>What an architecture is published as: for lists, and to find the name for a file.</summary>
/// <param name="Name">The name of an architecture, or the pattern of a family.</param>
/// <param name="Example">The architecture itself, or a published one of the family.</param>
/// <param name="Parameters">Number of parameters of the example, for ten classes of colour images of 32x32 pixels.</param>
/// <param name="Keys">The first and the last keys.</param>
/// <param name="Origin">The code whose keys and function it has.</param>
/// <param name="Entries">
/// The number of RobustBench's 206 entries of this kind and size or another, counted in its source by their classes; 0 where another row
/// counts them, or for none.
/// </param>
internal sealed record PublishedArchitecture(string Name, string Example, long Parameters, string Keys, string Origin, int Entries = 0)
{
    private const string ResNetKeys = "conv1 bn1 layer1 … linear", PreActKeys = "conv1 layer1 … bn linear",
        WideKeys = "conv1 block1 … bn1 fc", DmWideKeys = "init_conv layer.0.block … logits", DmPreActKeys = "conv_2d layer_0 … logits",
        TorchvisionKeys = "conv1 bn1 layer1 … fc";

    private const string ArowCode = "the ARoW code";

    /// <summary>All architectures and families, in the order of their names in messages.</summary>
    public static readonly IReadOnlyList<PublishedArchitecture> All =
    [
        Fixed("tiny-cnn", 24_346, "conv1 bn1 … fc", "Arow"),
        Fixed("small-cnn", 427_978, "feature_extractor classifier", "TRADES: SmallCNN"),
        Fixed("small-cnn-plain", 427_978, "feature_extractor classifier", "TRADES: SmallCNN, without dropout"),
        Fixed("resnet18", 11_173_962, ResNetKeys, "RobustBench, TRADES, ARoW: ResNet18", 10),
        Fixed("resnet18-silu", 11_173_962, ResNetKeys, $"{ArowCode}: resnet_silu"),
        Fixed("resnet34", 21_282_122, ResNetKeys, "RobustBench, TRADES: ResNet34"),
        Fixed("resnet50", 23_520_842, ResNetKeys, "RobustBench, TRADES: ResNet50"),
        Fixed("resnet18-imagenet", 11_181_642, TorchvisionKeys, "torchvision: resnet18", 16),
        Fixed("resnet34-imagenet", 21_289_802, TorchvisionKeys, "torchvision: resnet34"),
        Fixed("resnet50-imagenet", 23_528_522, TorchvisionKeys, "torchvision: resnet50"),
        Fixed("wrn-50-2-imagenet", 66_854_730, TorchvisionKeys, "torchvision: wide_resnet50_2"),
        Fixed("mobilenet-v2", 2_236_682, "features classifier.1", "torchvision: mobilenet_v2"),
        Fixed("preact-resnet18", 11_172_170, PreActKeys, "RobustBench, Bag of Tricks: PreActResNet18", 9),
        Fixed("preact-resnet18-silu", 11_172_170, PreActKeys, $"{ArowCode}: preact_resnet_silu"),
        Fixed("preact-resnet18-gelu", 11_172_170, PreActKeys, "Bag of Tricks: PreActResNet18, GELU"),
        Fixed("preact-resnet18-raw", 11_172_170, PreActKeys, "fast adversarial training (Wong et al. 2020)"),
        Fixed("preact-resnet18-raw-nobn", 11_171_146, "conv1 layer1 … linear", "RobustBench: PreActResNet18 of 2020", 2),
        Fixed("dm-preact-resnet18", 12_548_426, DmPreActKeys, "DeepMind, RobustBench: PreActResNet, ReLU"),
        Fixed("dm-preact-resnet18-silu", 12_548_426, DmPreActKeys, "DeepMind, RobustBench: PreActResNet, Swish", 8),
        Fixed("wrn-28-10", 36_479_194, WideKeys, "TRADES, RobustBench: WideResNet"),
        Fixed("wrn-28-10-silu", 36_479_194, WideKeys, "RobustBench: WideResNet, SiLU"),
        Fixed("wrn-28-10-published", 36_479_194, WideKeys, $"{ArowCode}: wideresnet_silu"),
        Fixed("wrn-34-10", 46_160_474, WideKeys, "TRADES, RobustBench: WideResNet"),
        Fixed("wrn-34-10-leaky", 46_160_474, WideKeys, "WideResNet, LeakyReLU"),
        Fixed("wrn-34-10-silu", 46_160_474, WideKeys, "RobustBench: WideResNet, SiLU"),
        Fixed("wrn-34-10-published", 46_160_474, WideKeys, $"{ArowCode}: wideresnet"),
        Fixed("wrn-70-16", 266_796_506, WideKeys, "RobustBench: WideResNet"),
        Fixed("wrn-70-16-silu", 266_796_506, WideKeys, "RobustBench: WideResNet, SiLU"),
        new("resnet18-wN", "resnet18-w16", 701_466, ResNetKeys, "ResNet18, N channels in the first stage"),
        new("resnet18-wN-silu", "resnet18-w16-silu", 701_466, ResNetKeys, "the same, SiLU"),
        new("resnet34-wN", "resnet34-w16", 1_334_618, ResNetKeys, "ResNet34, N channels in the first stage"),
        new("resnet50-wN", "resnet50-w16", 1_484_186, ResNetKeys, "ResNet50, N channels in the first stage"),
        new("preact-resnet18-wN", "preact-resnet18-w16", 701_018, PreActKeys, "PreActResNet18, N channels in the first stage"),
        new("preact-resnet18-wN-silu", "preact-resnet18-w16-silu", 701_018, PreActKeys, "the same, SiLU"),
        new("wrn-D-W", "wrn-34-20", 184_531_674, WideKeys, "TRADES, RobustBench: WideResNet", 57),
        new("wrn-D-W-silu", "wrn-40-1-silu", 563_930, WideKeys, "RobustBench: WideResNet, SiLU"),
        new("wrn-D-W-leaky", "wrn-16-4-leaky", 2_748_890, WideKeys, "WideResNet, LeakyReLU"),
        new("wrn-D-W-published", "wrn-16-4-published", 2_748_890, WideKeys, $"{ArowCode}: wideresnet"),
        new("dm-wrn-D-W", "dm-wrn-28-10", 36_479_194, DmWideKeys, "DeepMind, RobustBench: WideResNet, ReLU"),
        new("dm-wrn-D-W-silu", "dm-wrn-28-10-silu", 36_479_194, DmWideKeys, "DeepMind, Rebuffi, RobustBench: WideResNet, Swish", 40),
        new("resnetD-imagenet-nopool", "resnet18-imagenet-nopool", 11_181_642, TorchvisionKeys, "torchvision's, maxpool = Identity()"),
        new("resnetD-imagenet-stem3", "resnet18-imagenet-stem3", 11_173_962, TorchvisionKeys, "the same, conv1 of 3x3 and stride 1"),
        new("resnetD-imagenet-stem3-pool", "resnet18-imagenet-stem3-pool", 11_173_962, TorchvisionKeys, "conv1 of 3x3 and stride 1, pooling"),
        new("resnext29-CxWd", "resnext29-4x32d", 6_807_882, "conv_1_3x3 bn_1 stage_1 … classifier", "AugMix, RobustBench: CifarResNeXt", 2),
    ];

    private static PublishedArchitecture Fixed(string name, long parameters, string keys, string origin, int entries = 0) =>
        new(name, name, parameters, keys, origin, entries);
}
