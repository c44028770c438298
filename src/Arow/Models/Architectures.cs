using Arow.Models.Execution;
using Arow.Options;

namespace Arow.Models;

/// <summary>The named architectures.</summary>
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
        ["preact-resnet18"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2])),
        ["preact-resnet18-silu"] = new((input, classes) => new PreActResNet(input, classes, [2, 2, 2, 2], Activation.Silu)),
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
    ];

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

    /// <summary>The names of architectures and families, for messages.</summary>
    public static string Names => $"{string.Join(' ', All.Keys)}, and of any size {string.Join(' ', Families.Select(f => f.Pattern))}";

    /// <summary>Returns the architecture of a name.</summary>
    /// <exception cref="InputException">The name is unknown or its numbers are invalid; the message lists the valid ones.</exception>
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
        if (Family(name) is not var (family, numbers)) return $"{kind} '{name}' is unknown; known are {Names}{Suggestion.Aside(name, All.Keys)}";
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

    private static ArchitectureFamily WithDepthAndWidth(string pattern, Func<InputShape, int, int, int, nn.Module<Tensor, Tensor>> build) => new(
        pattern,
        numbers => WideResNet.ValidateSize(numbers[0], numbers[1])
            ?? ArchitectureFamily.ValidateWeightCount(WideResNet.ApproximateWeights(numbers[0], numbers[1])),
        numbers => new Architecture((input, classes) => build(input, classes, numbers[0], numbers[1])));
}
