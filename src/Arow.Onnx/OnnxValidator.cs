using Arow.IO;

namespace Arow.Onnx;

/// <summary>
/// Validates ONNX files before ONNX Runtime reads them: messages are complete and properly nested, tensors have the bytes that their
/// shapes require, and external data is within a file in the same folder.
/// </summary>
internal sealed class OnnxValidator
{
    private const int MaxGraphDepth = 16;
    private const int External = 1;

    // Field numbers of onnx.proto.
    private const int ModelGraph = 7, ModelFunctions = 25;
    private const int GraphNode = 1, GraphInitializer = 5, GraphSparse = 15;
    private const int NodeAttribute = 5, FunctionNode = 7;
    private const int AttributeTensor = 5, AttributeGraph = 6, AttributeTensors = 10, AttributeGraphs = 11;
    private const int TensorDims = 1, TensorType = 2, TensorRaw = 9, TensorExternal = 13, TensorLocation = 14;
    private const int EntryKey = 1, EntryValue = 2;

    private readonly string path;
    private readonly ProtobufReader file;

    private OnnxValidator(string path, ProtobufReader file) => (this.path, this.file) = (path, file);

    /// <summary>Validates a file.</summary>
    /// <exception cref="InputException">The file is damaged or cannot be loaded.</exception>
    public static void Validate(string path)
    {
        RegularFile.EnsureRegular(path);
        if (new FileInfo(path).Length > int.MaxValue) throw new InputException($"{path}: is larger than 2 GB, the limit of ONNX files");
        using var stream = RegularFile.Open(path);
        var checkedFile = new OnnxValidator(path, new ProtobufReader(stream));
        try
        {
            checkedFile.ValidateModel();
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
        {
            throw new InputException(
                $"{path}: is not an ONNX model, or is damaged or truncated: it has "
                    + $"{(e is OverflowException ? "a number that is too large" : e.Message)}", e);
        }
    }

    private void ValidateModel()
    {
        var graphs = 0;
        foreach (var field in file.ReadFields(file.Whole))
        {
            if (field is { Number: ModelGraph, IsBytes: true })
            {
                graphs++;
                ValidateGraph(field, 0);
            }
            if (field is { Number: ModelFunctions, IsBytes: true }) ValidateNodes(field, FunctionNode, 0);
        }
        if (graphs != 1) throw new InvalidDataException($"{graphs} graphs instead of one");
    }

    private void ValidateGraph(ProtobufField graph, int depth)
    {
        if (depth > MaxGraphDepth) throw new InvalidDataException("graphs nested too deeply");
        ValidateNodes(graph, GraphNode, depth);
        foreach (var field in file.ReadFields(graph))
        {
            if (field is { Number: GraphInitializer, IsBytes: true }) ValidateTensor(field);
            if (field is { Number: GraphSparse, IsBytes: true })
            {
                foreach (var part in file.ReadFields(field).Where(f => f is { Number: 1 or 2, IsBytes: true })) ValidateTensor(part);
            }
        }
    }

    private void ValidateNodes(ProtobufField graph, int number, int depth)
    {
        foreach (var node in file.ReadFields(graph).Where(f => f.Number == number && f.IsBytes))
        {
            foreach (var attribute in file.ReadFields(node).Where(f => f is { Number: NodeAttribute, IsBytes: true }))
            {
                foreach (var value in file.ReadFields(attribute).Where(f => f.IsBytes))
                {
                    if (value.Number is AttributeTensor or AttributeTensors) ValidateTensor(value);
                    if (value.Number is AttributeGraph or AttributeGraphs) ValidateGraph(value, depth + 1);
                }
            }
        }
    }

    private void ValidateTensor(ProtobufField tensor)
    {
        var (elements, type, raw, location) = (1L, 0L, -1L, 0L);
        var external = new Dictionary<string, string>();
        foreach (var field in file.ReadFields(tensor))
        {
            switch (field.Number)
            {
                case TensorDims:
                    foreach (var n in file.ReadIntegers(field))
                        elements = n < 0 ? throw new InvalidDataException("a tensor of negative size") : checked(elements * n);
                    break;
                case TensorType: type = field.Value; break;
                case TensorRaw when field.IsBytes: raw = field.Length; break;
                case TensorLocation: location = field.Value; break;
                case TensorExternal when field.IsBytes: external[ReadText(field, EntryKey)] = ReadText(field, EntryValue); break;
            }
        }
        var bits = ElementBits(type);
        var size = bits == 0 ? -1 : checked(elements * bits + 7) / 8;
        if (raw > 0 && size >= 0 && raw != size) throw new InvalidDataException($"a tensor of {raw} bytes whose shape requires {size}");
        if (location == External || external.Count > 0) ValidateExternalData(external, size);
    }

    private void ValidateExternalData(Dictionary<string, string> entries, long size)
    {
        var name = entries.GetValueOrDefault("location", "");
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny("/\\\0:") >= 0)
            throw new InputException($"{path}: has external data in '{Printable.Shorten(name)}'; only files in the same folder are read");
        var other = new FileInfo(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, name));
        if (!other.Exists || other.LinkTarget is not null) throw new InputException(
            $"{path}: has external data in '{Printable.Shorten(name)}', which is not in the same folder");
        var offset = ReadInteger("offset") ?? 0;
        var length = ReadInteger("length") ?? Math.Max(size, 0);
        if (offset < 0 || length < 0 || offset > other.Length - length || (size >= 0 && length != size))
            throw new InputException($"{path}: has external data in '{Printable.Shorten(name)}', which is truncated or another file");

        long? ReadInteger(string key) => !entries.TryGetValue(key, out var text) ? null
            : long.TryParse(text, out var value) ? value : throw new InvalidDataException("external data without a valid position");
    }

    private string ReadText(ProtobufField message, int number) =>
        file.ReadFields(message).Where(f => f.Number == number && f.IsBytes).Select(file.ReadText).LastOrDefault("");

    /// <summary>Returns the bits of an element for types of fixed size; 0 for strings and unknown types.</summary>
    private static int ElementBits(long type) => type switch
    {
        1 or 6 or 12 => 32,
        2 or 3 or 9 or 17 or 18 or 19 or 20 => 8,
        4 or 5 or 10 or 16 => 16,
        7 or 11 or 13 or 14 => 64,
        15 => 128,
        21 or 22 => 4,
        _ => 0,
    };
}
