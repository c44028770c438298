using System.Numerics;
using System.Text;

namespace Arow.Faults.Files;

/// <summary>Small ONNX models, message by message: images to a linear layer to scores or labels.</summary>
internal static class OnnxWriter
{
    private const int Float = 1, Int64 = 7, Varint = 0, Bytes = 2;

    /// <summary>A model.</summary>
    /// <param name="weights">[pixels, classes], row by row.</param>
    /// <param name="input">The shape of the images, in the order that the model takes; 0 for any.</param>
    /// <param name="classes">How many.</param>
    /// <param name="labels">Whether the largest score's index comes out instead of the scores.</param>
    /// <param name="metadata">Notes.</param>
    /// <param name="isOpaque">Whether the scores go through a list, which has no gradients here.</param>
    /// <param name="external">The file that holds the weights; null to have them in the model.</param>
    public static byte[] Linear(
        float[] weights, long[] input, int classes, bool labels = false, IReadOnlyDictionary<string, string>? metadata = null,
        string? external = null, bool isOpaque = false)
    {
        long[] output = labels ? [input[0]] : [input[0], classes];
        byte[] graph =
        [
            .. Node("Flatten", ["x"], ["flat"], Integer("axis", 1)),
            .. Node("MatMul", ["flat", "w"], ["scores"]),
            .. isOpaque ? (byte[])[.. Node("SequenceConstruct", ["scores"], ["list"]), .. Node("SequenceAt", ["list", "first"], ["taken"])] : [],
            .. labels ? Node("ArgMax", ["scores"], ["y"], [.. Integer("axis", 1), .. Integer("keepdims", 0)]) : [],
            .. Field(2, "made"),
            .. Field(5, Weights(weights, classes, external)),
            .. isOpaque ? Field(5, [.. Field(2, Int64), .. Field(7, 0), .. Field(8, "first")]) : [],
            .. Field(11, Value("x", Float, input)),
            .. Field(12, Value(labels ? "y" : isOpaque ? "taken" : "scores", labels ? Int64 : Float, output)),
        ];
        return
        [
            .. Field(1, 8), .. Field(2, "arow"), .. Field(7, graph), .. Field(8, Field(2, 13)),
            .. (metadata ?? new Dictionary<string, string>()).SelectMany(m => Field(14, [.. Field(1, m.Key), .. Field(2, m.Value)])),
        ];
    }

    /// <summary>A linear layer, and operators whose sizes are constants of the file, to a softmax.</summary>
    /// <param name="weights">[pixels, classes], row by row.</param>
    /// <param name="input">The shape of the images; 0 for any.</param>
    /// <param name="classes">How many.</param>
    public static byte[] Shaped(float[] weights, long[] input, int classes)
    {
        byte[] graph =
        [
            .. Node("Flatten", ["x"], ["flat"], Integer("axis", 1)),
            .. Node("MatMul", ["flat", "w"], ["scores"]),
            .. Node("ConstantOfShape", ["size"], ["zeros"]),
            .. Node("Expand", ["zeros", "size"], ["wide"]),
            .. Node("Tile", ["wide", "once"], ["tiled"]),
            .. Node("Pad", ["tiled", "pads"], ["padded"]),
            .. Node("Slice", ["padded", "starts", "size"], ["cut"]),
            .. Node("Add", ["scores", "cut"], ["sum"]),
            .. Node("Reshape", ["sum", "shape"], ["z"]),
            .. Node("Softmax", ["z"], ["y"], Integer("axis", 1)),
            .. Field(2, "made"),
            .. Field(5, Weights(weights, classes, null)),
            .. Integers("size", 1, classes), .. Integers("once", 1, 1), .. Integers("pads", 0, 0, 0, 0), .. Integers("starts", 0, 0),
            .. Integers("shape", -1, classes),
            .. Field(11, Value("x", Float, input)),
            .. Field(12, Value("y", Float, [input[0], classes])),
        ];
        return [.. Field(1, 8), .. Field(2, "arow"), .. Field(7, graph), .. Field(8, Field(2, 13))];

        static byte[] Integers(string name, params long[] values) => Field(5,
            [.. Field(1, values.Length), .. Field(2, Int64), .. Field(8, name), .. Field(9, [.. values.SelectMany(BitConverter.GetBytes)])]);
    }

    /// <summary>The bytes of numbers as they lie in a file.</summary>
    public static byte[] Raw(float[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    /// <summary>A number of a message.</summary>
    public static byte[] Field(int number, long value) => [.. Number((ulong)(number << 3 | Varint)), .. Number((ulong)value)];

    /// <summary>A message or bytes within a message.</summary>
    public static byte[] Field(int number, byte[] content) =>
        [.. Number((ulong)(number << 3 | Bytes)), .. Number((ulong)content.Length), .. content];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Node(string operation, string[] inputs, string[] outputs, byte[]? attributes = null) => Field(1,
    [
        .. inputs.SelectMany(name => Field(1, name)), .. outputs.SelectMany(name => Field(2, name)), .. Field(4, operation), .. attributes ?? [],
    ]);

    private static byte[] Integer(string name, long value)
    {
        const int Kind = 2;
        return Field(5, [.. Field(1, name), .. Field(3, value), .. Field(20, Kind)]);
    }

    private static byte[] Weights(float[] weights, int classes, string? external)
    {
        byte[] shape = [.. Field(1, weights.Length / classes), .. Field(1, classes), .. Field(2, Float), .. Field(8, "w")];
        return external is null ? [.. shape, .. Field(9, Raw(weights))]
            : [.. shape, .. Field(13, [.. Field(1, "location"), .. Field(2, external)]), .. Field(14, 1)];
    }

    private static byte[] Value(string name, int type, long[] shape)
    {
        var dimensions = shape.SelectMany(n => Field(1, n > 0 ? Field(1, n) : Field(2, "N"))).ToArray();
        return [.. Field(1, name), .. Field(2, Field(1, [.. Field(1, type), .. Field(2, dimensions)]))];
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[Math.Max(1, (BitOperations.Log2(value) + 7) / 7)];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)((value >> (7 * i) & 0x7f) | (i < bytes.Length - 1 ? 0x80u : 0));
        return bytes;
    }
}
