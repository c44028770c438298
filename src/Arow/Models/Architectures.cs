using System.Text.RegularExpressions;
using Arow.Models.Execution;
using Arow.Options;

namespace Arow.Models;

/// <summary>The named architectures.</summary>
/// <example>
/// <code>
/// Architectures.Add("one-layer", new Architecture((input, classes) =&gt; nn.Sequential(
///     ("flatten", nn.Flatten()), ("fc", nn.Linear(input.Channels * input.Height * input.Width, classes)))));
/// </code>
/// </example>
public static class Architectures
{
    /// <summary>Architectures of fixed size.</summary>
    public static readonly IReadOnlyDictionary<string, Architecture> All = new OrderedDictionary<string, Architecture>
    {
        ["tiny-cnn"] = new((input, classes) => new TinyCnn(input, classes)),
        ["small-cnn"] = new((input, classes) => new SmallCnn(input, classes)) { LearningRate = 0.01, ShortRunFactor = 5, HasDropout = true },
        ["small-cnn-plain"] = new((input, classes) => new SmallCnn(input, classes, dropout: null)) { LearningRate = 0.01, ShortRunFactor = 5 },
        ["resnet18"] = new((input, classes) => new ResNet(input, classes, [2, 2, 2, 2])),
        ["resnet18-silu"] = new((input, classes) => new ResNet(input, classes, [2, 2, 2, 2], activation: Activation.Silu)),
        ["resnet34"] = new((input, classes) => new ResNet(input, classes, [3, 4, 6, 3])),
        ["resnet50"] = new((input, classes) => new ResNet(input, classes, [3, 4, 6, 3], bottleneck: true)),
        ["resnet18-imagenet"] = ForImageNet((input, classes) => new ImageNetResNet(input, classes, [2, 2, 2, 2], bottleneck: false)),
        ["resnet34-imagenet"] = ForImageNet((input, classes) => new ImageNetResNet(input, classes, [3, 4, 6, 3], bottleneck: false)),
        ["resnet50-imagenet"] = ForImageNet((input, classes) => new ImageNetResNet(input, classes, [3, 4, 6, 3], bottleneck: true)),
        ["wrn-50-2-imagenet"] = ForImageNet((input, classes) => new ImageNetResNet(input, classes, [3, 4, 6, 3], bottleneck: true, widening: 2)),
        ["mobilenet-v2"] = ForImageNet((input, classes) => new MobileNetV2(input, classes)) with { LearningRate = 0.05, HasDropout = true },
        ["preact-resnet18"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2])),
        ["preact-resnet18-silu"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu)),
        ["preact-resnet18-gelu"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Gelu)),
        ["preact-resnet18-raw"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2], rawShortcut: true)),
        ["preact-resnet18-raw-nobn"] = new((input, classes) =>
            new PreActResNet(input, classes, [2, 2, 2, 2], rawShortcut: true, finalNorm: false)),
        ["dm-preact-resnet18"] = new((input, classes) => new DmPreActResNet(input, classes, [2, 2, 2, 2]))
        {
            PublishedNormalization = DmNormalization,
        },
        ["dm-preact-resnet18-silu"] = new((input, classes) => new DmPreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu))
        {
            PublishedNormalization = DmNormalization,
        },
        ["wrn-28-10"] = new((input, classes) => new WideResNet(input, classes, 28, 10)),
        ["wrn-28-10-silu"] = new((input, classes) => new WideResNet(input, classes, 28, 10, Activation.Silu)),
        ["wrn-28-10-published"] = new((input, classes) => new WideResNet(input, classes, 28, 10, rawShortcut: true)),
        ["wrn-34-10"] = new((input, classes) => new WideResNet(input, classes, 34, 10)),
        ["wrn-34-10-leaky"] = new((input, classes) => new WideResNet(input, classes, 34, 10, Activation.LeakyRelu)),
        ["wrn-34-10-silu"] = new((input, classes) => new WideResNet(input, classes, 34, 10, Activation.Silu)),
        ["wrn-34-10-published"] = new((input, classes) => new WideResNet(input, classes, 34, 10, rawShortcut: true)),
        ["wrn-70-16"] = new((input, classes) => new WideResNet(input, classes, 70, 16)),
        ["wrn-70-16-silu"] = new((input, classes) => new WideResNet(input, classes, 70, 16, Activation.Silu)),
    };

    /// <summary>Architectures of any size: N channels in the first stage (64 as published), D layers, channel multiplier W.</summary>
    public static readonly IReadOnlyList<ArchitectureFamily> Families =
    [
        WithWidth("resnet18-wN", 11.2, (input, classes, n) => new ResNet(input, classes, [2, 2, 2, 2], width: n)),
        WithWidth("resnet18-wN-silu", 11.2, (input, classes, n) => new ResNet(input, classes, [2, 2, 2, 2], activation: Activation.Silu, width: n)),
        WithWidth("resnet34-wN", 21.3, (input, classes, n) => new ResNet(input, classes, [3, 4, 6, 3], width: n)),
        WithWidth("resnet50-wN", 23.5, (input, classes, n) => new ResNet(input, classes, [3, 4, 6, 3], bottleneck: true, width: n)),
        WithWidth("preact-resnet18-wN", 11.2, (input, classes, n) => new PreActResNet(input, classes, [2, 2, 2, 2], width: n)),
        WithWidth("preact-resnet18-wN-silu", 11.2, (input, classes, n) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu, n)),
        WithDepthAndWidth("wrn-D-W", (input, classes, d, w) => new WideResNet(input, classes, d, w)),
        WithDepthAndWidth("wrn-D-W-silu", (input, classes, d, w) => new WideResNet(input, classes, d, w, Activation.Silu)),
        WithDepthAndWidth("wrn-D-W-leaky", (input, classes, d, w) => new WideResNet(input, classes, d, w, Activation.LeakyRelu)),
        WithDepthAndWidth("wrn-D-W-published", (input, classes, d, w) => new WideResNet(input, classes, d, w, rawShortcut: true)),
        WithDepthAndWidth("dm-wrn-D-W", (input, classes, d, w) => new DmWideResNet(input, classes, d, w), DmNormalization),
        WithDepthAndWidth("dm-wrn-D-W-silu", (input, classes, d, w) => new DmWideResNet(input, classes, d, w, Activation.Silu), DmNormalization),
        WithStem("resnetD-imagenet-nopool", Stem.NoPooling),
        WithStem("resnetD-imagenet-stem3", Stem.Small),
        WithStem("resnetD-imagenet-stem3-pool", Stem.SmallWithPooling),
        new("resnext29-CxWd",
            numbers => numbers.Any(n => n < 1) ? "C, the groups, and W, their channels in the first stage, must be at least 1"
                : ArchitectureFamily.ValidateWeightCount(ResNeXt.ApproximateWeights(29, numbers[0], numbers[1])),
            numbers => new Architecture((input, classes) => new ResNeXt(input, classes, 29, numbers[0], numbers[1]))),
    ];

    /// <summary>
    /// The normalization of CIFAR images in DeepMind's code, which is part of the network there: that of CIFAR-100 for a hundred
    /// classes.
    /// </summary>
    private static Normalization DmNormalization(int classes) => classes == 100
        ? new([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]) : new([0.4914, 0.4822, 0.4465], [0.2471, 0.2435, 0.2616]);

    /// <summary>An architecture of torchvision, whose weights were trained on images normalized as those of ImageNet.</summary>
    private static Architecture ForImageNet(Func<InputShape, int, nn.Module<Tensor, Tensor>> build) => new(build)
    {
        PublishedNormalization = _ => new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    };

    /// <summary>Adds an architecture of the application, for training and for files of its weights.</summary>
    /// <param name="name">Letters, digits and hyphens, not yet taken.</param>
    /// <param name="architecture">Creates its module, whose keys are those of the weights on disk.</param>
    /// <exception cref="ArgumentException">The name is invalid or taken.</exception>
    public static void Add(string name, Architecture architecture)
    {
        EntryName.Require(name);
        if (Family(name) is not null || !((IDictionary<string, Architecture>)All).TryAdd(name, architecture))
            throw new ArgumentException($"'{name}' is taken", nameof(name));
    }

    /// <summary>
    /// Returns the architectures whose weights have the same keys and shapes as those of one, but which are other functions: another
    /// activation, or another input of shortcuts.
    /// </summary>
    /// <param name="name">An architecture.</param>
    internal static IReadOnlyList<string> FindTwins(string name)
    {
        // Whether there is pooling after the first convolution.
        if (Regex.Match(name, @"^(resnet\d+-imagenet)(-stem3)?(-nopool|-pool)?\z") is { Success: true } stem)
        {
            var plain = stem.Groups[1].Value + stem.Groups[2].Value;
            var other = stem.Groups[3].Success ? plain : $"{plain}{(stem.Groups[2].Success ? "-pool" : "-nopool")}";
            return ValidateName("", other) is null ? [other] : [];
        }
        string[] variants = ["", "-silu", "-gelu", "-leaky", "-raw", "-published"];
        var match = Regex.Match(name, $@"^((?:dm-)?(?:preact-)?resnet\d+(?:-w\d+)?|(?:dm-)?wrn-\d+-\d+)({string.Join('|', variants)})\z");
        if (!match.Success) return [];
        return [.. variants.Select(variant => match.Groups[1].Value + variant).Where(n => n != name && ValidateName("", n) is null)];
    }

    /// <summary>The names of architectures and families, for messages.</summary>
    public static string Names => $"{string.Join(' ', All.Keys)}, and of any size {string.Join(' ', Families.Select(f => f.Pattern))}";

    /// <summary>Returns the architecture of a name.</summary>
    /// <exception cref="InputException">The name is unknown or its numbers are invalid; the message says what lists the valid ones.</exception>
    public static Architecture Find(string name)
    {
        if (ValidateName("model", name) is { } unknown) throw new InputException(unknown);
        if (All.TryGetValue(name, out var one)) return one;
        var (family, numbers) = Family(name)!.Value;
        return family.Create(numbers);
    }

    /// <summary>Returns an error message for a name that is not an architecture's; null for a known name or none.</summary>
    /// <param name="kind">The option.</param>
    /// <param name="name">The name.</param>
    public static string? ValidateName(string kind, string? name)
    {
        if (name is null || All.ContainsKey(name)) return null;
        if (Family(name) is not var (family, numbers))
            return $"{kind} '{name}' is unknown{Suggestion.Known(name, [.. All.Keys, .. Families.Select(f => f.Pattern)], Wording.Current.ListArchitectures)}";
        return family.Validate(numbers) is { } error ? $"{kind} '{name}': {error}" : null;
    }

    private static (ArchitectureFamily Family, IReadOnlyList<int> Numbers)? Family(string name)
    {
        foreach (var family in Families)
        {
            if (family.ParseNumbers(name) is { } numbers) return (family, numbers);
        }
        return null;
    }

    /// <param name="pattern">The pattern of the names.</param>
    /// <param name="millions">Millions of weights at the published width.</param>
    /// <param name="build">Creates the module from image shape, number of classes and N.</param>
    private static ArchitectureFamily WithWidth(string pattern, double millions, Func<InputShape, int, int, nn.Module<Tensor, Tensor>> build) => new(
        pattern,
        numbers => numbers[0] < 1 ? "N, the channels of the first stage, must be at least 1"
            : ArchitectureFamily.ValidateWeightCount(millions * 1e6 * Math.Pow(numbers[0] / 64.0, 2)),
        numbers => new Architecture((input, classes) => build(input, classes, numbers[0])));

    private static ArchitectureFamily WithStem(string pattern, Stem stem)
    {
        var depths = new Dictionary<int, int[]> { [18] = [2, 2, 2, 2], [34] = [3, 4, 6, 3], [50] = [3, 4, 6, 3] };
        return new(
            pattern,
            numbers => depths.ContainsKey(numbers[0]) ? null : "D, the depth, must be 18, 34 or 50",
            numbers => new Architecture((input, classes) =>
                new ImageNetResNet(input, classes, depths[numbers[0]], bottleneck: numbers[0] == 50, stem: stem)));
    }

    private static ArchitectureFamily WithDepthAndWidth(
        string pattern, Func<InputShape, int, int, int, nn.Module<Tensor, Tensor>> build, Func<int, Normalization>? normalization = null) => new(
        pattern,
        numbers => WideResNet.ValidateSize(numbers[0], numbers[1])
            ?? ArchitectureFamily.ValidateWeightCount(WideResNet.ApproximateWeights(numbers[0], numbers[1])),
        numbers => new Architecture((input, classes) => build(input, classes, numbers[0], numbers[1]))
        {
            PublishedNormalization = normalization,
        });
}
