using System.Globalization;
using System.Text.RegularExpressions;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// Recognizes architectures by the keys and shapes of their tensors. Several functions can have the same keys; the plainest is
/// returned.
/// </summary>
internal static class ArchitectureKeys
{
    /// <summary>A clause: how a network of any architecture gets into a file that can be evaluated.</summary>
    internal const string FileWithFunction =
        "torch.jit.trace(model, images).save(…) or torch.onnx.export(…) in Python writes the model with its function, and that file can be evaluated";

    private const string Compiled = "_orig_mod.";

    /// <summary>A key that only some architectures have, and the name that other keys and shapes then give.</summary>
    private static readonly (string Key, Func<Shapes, string?> Name)[] Known =
    [
        ("layer.0.block.0.conv_0.weight", t => NameWide("dm-wrn", t, "layer.0.block", "conv_0")),
        ("block1.layer.0.conv1.weight", t => NameWide("wrn", t, "block1.layer", "conv1")),
        ("layer_0.0.conv_2d_1.weight", t => t.CountBlocks("layer_1") == 2 && t.Size("conv_2d.weight", 0) == 64 ? "dm-preact-resnet18" : null),
        ("stage_1.0.conv_conv.weight", NameResNeXt),
        ("features.18.0.weight", t => t.Has("features.1.conv.1.weight") && t.Has("classifier.1.weight") ? "mobilenet-v2" : null),
        ("feature_extractor.conv1.weight", t => t.Has("classifier.fc3.weight") ? "small-cnn" : null),
        ("layer1.0.conv1.weight", NameResNet),
        ("conv3.weight", t => t.Has("bn3.weight") && t.Has("fc.weight") ? "tiny-cnn" : null),
    ];

    /// <summary>
    /// Keys of families that Arow has no architecture for, from the most particular on. The last ones are those of timm and
    /// torchvision alike.
    /// </summary>
    private static readonly (string Pattern, string Family)[] Others =
    [
        (@"(^|\.)(dist_token|head_dist\.weight)$", "a DeiT"),
        (@"(^|\.)cls_attn_blocks\.\d+\.|(^|\.)blocks\.\d+\.local_mp\.", "an XCiT"),
        (@"\.relative_position_bias_table$", "a Swin transformer"),
        (@"(^|\.)blocks\.\d+\.attn\.qkv\.weight$|(^|\.)encoder\.layers\.encoder_layer_\d+\.|(^|\.)transformer\.layers\.\d+\.", "a vision transformer (ViT)"),
        (@"(^|\.)stages\.\d+\.(blocks\.)?\d+\.(conv_dw|dwconv)\.weight$|(^|\.)features\.\d+\.\d+\.layer_scale$", "a ConvNeXt"),
        (@"(^|\.)(conv_stem|_conv_stem)\.weight$|(^|\.)features\.\d+\.\d+\.block\.\d+\.fc1\.weight$", "an EfficientNet"),
        (@"(^|\.)denseblock1\.|(^|\.)dense1\.0\.", "a DenseNet"),
        (@"(^|\.)(Mixed_5b|inception3a)\.", "an Inception network"),
        (@"(^|\.)features\.\d+\.block\.\d+\.0\.weight$", "a MobileNetV3"),
        (@"(^|\.)trunk_output\.", "a RegNet"),
        (@"(^|\.)stage2\.\d+\.branch2\.", "a ShuffleNet"),
        (@"(^|\.)features\.\d+\.squeeze\.weight$", "a SqueezeNet"),
        (@"(^|\.)classifier\.6\.weight$|(^|\.)features\.28\.weight$", "a VGG or an AlexNet"),
        (@"(^|\.)layer1\.0\.(conv3|downsample\.0)\.weight$", "a residual network of torchvision or timm"),
        (@"(^|\.)(head|head\.fc)\.weight$", "a network of timm"),
    ];

    /// <summary>Returns the architecture whose keys and shapes the tensors have; null if none is recognized.</summary>
    /// <param name="shapes">The shape of each tensor.</param>
    public static string? Recognize(IReadOnlyDictionary<string, long[]> shapes)
    {
        var plain = new Dictionary<string, long[]>();
        foreach (var (key, shape) in shapes) plain.TryAdd(key.Replace(Compiled, "", StringComparison.Ordinal), shape);
        foreach (var (key, name) in Known)
        {
            // The shortest: prefixes come from wrappers.
            if (plain.Keys.Where(k => k == key || k.EndsWith($".{key}", StringComparison.Ordinal)).MinBy(k => k.Length) is { } found
                && name(new Shapes(plain, found[..^key.Length])) is { } recognized
                && Architectures.ValidateName("", recognized) is null) return recognized;
        }
        return null;
    }

    /// <summary>
    /// Returns a sentence on whose keys these are, if they are those of an architecture, or of a usual one that Arow does not have;
    /// null otherwise.
    /// </summary>
    /// <param name="shapes">The shape of each tensor.</param>
    /// <param name="refused">The architecture that they do not fit; null for none.</param>
    /// <param name="canRun">Whether a file of the model's function would do as well.</param>
    public static string? Describe(IReadOnlyDictionary<string, long[]> shapes, string? refused = null, bool canRun = true)
    {
        if (Recognize(shapes) is { } name)
        {
            return refused is not null && (name == refused || refused == $"{name}-plain" || Architectures.FindTwins(refused).Contains(name)) ? null
                : $"its keys are those of {name}: {Wording.Current.Setting("model", name)}";
        }
        return Others.FirstOrDefault(o => shapes.Keys.Any(key => Regex.IsMatch(key, o.Pattern, RegexOptions.CultureInvariant))).Family is { } family
            ? $"its keys are those of {family}, which is not an architecture of Arow{(canRun ? $": {FileWithFunction}" : "")}" : null;
    }

    private static string? NameWide(string name, Shapes tensors, string blocks, string convolution)
    {
        var (depth, width) = (6 * tensors.CountBlocks(blocks) + 4, (int)Math.Min(tensors.Size($"{blocks}.0.{convolution}.weight", 0) / 16, 1000));
        // A network is not allocated for a file of a few keys.
        return tensors.Elements < 0.5 * WideResNet.ApproximateWeights(depth, width) ? null
            : string.Create(CultureInfo.InvariantCulture, $"{name}-{depth}-{width}");
    }

    private static string? NameResNeXt(Shapes tensors)
    {
        // All channels, and those of a group.
        var (inner, width) = (tensors.Size("stage_1.0.conv_conv.weight", 0), tensors.Size("stage_1.0.conv_conv.weight", 1));
        return width > 0 && tensors.CountBlocks("stage_1") == 3
            ? string.Create(CultureInfo.InvariantCulture, $"resnext29-{inner / width}x{width}d") : null;
    }

    private static string? NameResNet(Shapes tensors)
    {
        int[] depths = [.. Enumerable.Range(1, 4).Select(stage => tensors.CountBlocks($"layer{stage}"))];
        var bottleneck = tensors.Has("layer1.0.conv3.weight");
        var layers = depths is [2, 2, 2, 2] && !bottleneck ? 18 : depths is [3, 4, 6, 3] ? bottleneck ? 50 : 34 : 0;
        if (layers == 0) return null;
        var width = tensors.Size("conv1.weight", 0);
        if (tensors.Elements < 5e6 * Math.Pow(width / 64.0, 2)) return null;
        if (tensors.Has("fc.weight"))
        {
            if (width != 64) return null;
            if (tensors.Size("conv1.weight", 2) == 3) return $"resnet{layers}-imagenet-stem3";
            return tensors.Size("conv1.weight", 2) != 7 ? null : !bottleneck || tensors.Size("layer1.0.conv1.weight", 0) == 64 ? $"resnet{layers}-imagenet"
                : tensors.Size("layer1.0.conv1.weight", 0) == 128 && tensors.Size("layer1.0.conv2.weight", 1) == 128 ? "wrn-50-2-imagenet" : null;
        }
        if (!tensors.Has("linear.weight") || tensors.Size("conv1.weight", 2) != 3) return null;
        var suffix = width == 64 ? "" : string.Create(CultureInfo.InvariantCulture, $"-w{width}");
        if (tensors.Has("bn1.weight")) return $"resnet{layers}{suffix}";
        if (layers != 18) return null;
        return tensors.Has("bn.weight") ? $"preact-resnet18{suffix}" : width == 64 ? "preact-resnet18-raw-nobn" : null;
    }

    /// <summary>The shapes of tensors by their names without a prefix.</summary>
    private sealed class Shapes(IReadOnlyDictionary<string, long[]> all, string prefix)
    {
        /// <summary>The number of elements of all tensors.</summary>
        public double Elements =>
            all.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(t => t.Value.Aggregate(1.0, (a, b) => a * b));

        public bool Has(string key) => all.ContainsKey(prefix + key);

        /// <summary>The length of one dimension; -1 without the tensor or the dimension.</summary>
        public long Size(string key, int dimension) =>
            all.GetValueOrDefault(prefix + key) is { } shape && dimension < shape.Length ? shape[dimension] : -1;

        /// <summary>The number of blocks of a sequence: of different numbers after its name.</summary>
        public int CountBlocks(string sequence) => all.Keys.Where(key => key.StartsWith($"{prefix}{sequence}.", StringComparison.Ordinal))
            .Select(key => key[(prefix.Length + sequence.Length + 1)..].Split('.')[0]).Distinct().Count();
    }
}
