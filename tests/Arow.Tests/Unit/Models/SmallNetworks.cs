namespace Arow.Tests.Unit.Models;

/// <summary>Small members of the families of residual networks, so that a test of each takes moments.</summary>
internal static class SmallNetworks
{
    /// <summary>Constructors by name, of the shape of the images and the number of classes.</summary>
    public static IReadOnlyDictionary<string, Func<InputShape, int, nn.Module<Tensor, Tensor>>> Residual { get; } =
        new Dictionary<string, Func<InputShape, int, nn.Module<Tensor, Tensor>>>
        {
            ["wide-resnet, leaky"] = (input, classes) => new WideResNet(input, classes, 10, 1, Activation.LeakyRelu),
            ["wide-resnet, published"] = (input, classes) => new WideResNet(input, classes, 10, 1, rawShortcut: true),
            ["preact-resnet, gelu"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], Activation.Gelu, width: 16),
            ["preact-resnet, raw"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], rawShortcut: true, finalNorm: false, width: 16),
            ["imagenet-resnet"] = (input, classes) => new ImageNetResNet(input, classes, [1, 1, 1, 1], bottleneck: false, width: 16),
            ["imagenet-resnet, bottleneck"] = (input, classes) =>
                new ImageNetResNet(input, classes, [1, 1, 1, 1], bottleneck: true, width: 16, widening: 2),
            ["mobilenet"] = (input, classes) => new MobileNetV2(input, classes, [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 1, 1)]),
            ["resnext"] = (input, classes) => new ResNeXt(input, classes, 11, 2, 16),
            ["dm-wide-resnet"] = (input, classes) => new DmWideResNet(input, classes, 10, 1, Activation.Silu),
            ["dm-preact-resnet"] = (input, classes) => new DmPreActResNet(input, classes, [1, 1, 1, 1], width: 16),
        };
}
