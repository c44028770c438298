using System.Runtime.InteropServices;
using Arow.Checkpoints;
using Arow.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Arow.Onnx;

/// <summary>The image input of an ONNX model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Batch">The number of images that it takes; null for any.</param>
/// <param name="IsChannelsLast">Whether images are [N, H, W, C].</param>
/// <param name="IsGreyRepeated">Whether grey images are repeated for a model of colour images.</param>
/// <param name="Type">Type of its numbers: float32, float16 or float64.</param>
/// <param name="Images">Shape of the images.</param>
/// <param name="Normalization">Normalization of the pixels outside of the graph.</param>
internal sealed record OnnxInput(
    string Name, int? Batch, bool IsChannelsLast, bool IsGreyRepeated, TensorElementType Type, InputShape Images, Normalization Normalization)
{
    private const int Grey = 1, Colour = 3;

    /// <summary>Finds out how a model takes the images.</summary>
    /// <exception cref="InputException">It takes something else.</exception>
    public static OnnxInput Match(ModelSource source, InferenceSession session)
    {
        if (session.InputMetadata.Count != 1)
            throw Error($"takes {session.InputMetadata.Count} inputs instead of one: {string.Join(", ", session.InputNames)}");
        var (name, info, shape) = (session.InputNames[0], session.InputMetadata[session.InputNames[0]], source.Input);
        if (!info.IsTensor || info.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16 or TensorElementType.Double)
            || info.Dimensions.Length != 4)
            throw Error($"takes {Describe(info)} instead of images, a float32 tensor [N, {shape.Channels}, {shape.Height}, {shape.Width}]");
        int? batch = info.Dimensions[0] > 0 ? info.Dimensions[0] : null;
        int[] possible = shape.Channels == Grey ? [Grey, Colour] : [shape.Channels];
        foreach (var channels in possible)
        {
            foreach (var isLast in (bool[])[false, true])
            {
                int[] layout = isLast ? [shape.Height, shape.Width, channels] : [channels, shape.Height, shape.Width];
                if (info.Dimensions.Skip(1).Zip(layout, (given, wanted) => given <= 0 || given == wanted).Contains(false)) continue;
                var normalization = source.Normalization
                    ?? Checkpoints.ModelMetadata.ParseNormalization(source.Path, channels, session.ModelMetadata.CustomMetadataMap.GetValueOrDefault)
                    ?? Normalization.None;
                return new OnnxInput(name, batch, isLast, channels != shape.Channels, info.ElementDataType, shape, normalization);
            }
        }
        var isOfOtherSize = possible.Contains(info.Dimensions[1]) || possible.Contains(info.Dimensions[3]);
        throw Error($"takes {Describe(info)}, but the images are {shape}{(isOfOtherSize ? $"; {Wording.Current.ResizeImages}" : "")}");

        InputException Error(string fault) => new($"{source.Path}: {fault}");
    }

    /// <summary>The shape of a batch.</summary>
    public long[] Shape(int count)
    {
        var channels = IsGreyRepeated ? Colour : Images.Channels;
        return IsChannelsLast ? [count, Images.Height, Images.Width, channels] : [count, channels, Images.Height, Images.Width];
    }

    /// <summary>Images in [0, 1], [N, C, H, W], as the graph takes them.</summary>
    public Tensor Arrange(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Normalization.Apply(IsGreyRepeated ? ModelProbe.RepeatGrey(images) : images);
        return (IsChannelsLast ? x.permute(0, 2, 3, 1) : x.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>A batch for ONNX Runtime.</summary>
    /// <param name="x">As <see cref="Arrange"/> gives them.</param>
    public OrtValue ToValue(Tensor x)
    {
        using var scope = NewDisposeScope();
        var pixels = x.detach().cpu();
        return Type switch
        {
            TensorElementType.Float16 => Create<Float16>(ScalarType.Float16),
            TensorElementType.Double => Create<double>(ScalarType.Float64),
            _ => Create<float>(ScalarType.Float32),
        };

        OrtValue Create<T>(ScalarType type) where T : unmanaged =>
            OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, T>(pixels.to(type).contiguous().bytes).ToArray(), x.shape);
    }

    private static string Describe(NodeMetadata node) => node.IsTensor
        ? $"a {TypeName(node.ElementDataType)} tensor [{string.Join(", ", node.Dimensions.Select(d => d > 0 ? $"{d}" : "N"))}]"
        : "no tensor";

    private static string TypeName(TensorElementType type) => type switch
    {
        TensorElementType.Float => "float32",
        TensorElementType.Double => "float64",
        _ => type.ToString().ToLowerInvariant(),
    };
}
