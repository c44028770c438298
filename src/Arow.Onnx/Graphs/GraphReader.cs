using Arow.IO;

namespace Arow.Onnx.Graphs;

/// <summary>
/// Reads the graph of a model file that <see cref="OnnxValidator"/> has accepted. Every tensor is as large as the bytes that the file
/// holds for it, so shapes that lie allocate nothing.
/// </summary>
internal sealed class GraphReader
{
    // Field numbers of onnx.proto.
    private const int ModelGraphField = 7, ModelOpsets = 8;
    private const int OpsetDomain = 1, OpsetVersion = 2;
    private const int GraphNodes = 1, GraphInitializers = 5, GraphInputs = 11, GraphOutputs = 12, GraphSparse = 15;
    private const int NodeInput = 1, NodeOutput = 2, NodeOperator = 4, NodeAttribute = 5, NodeDomain = 7;
    private const int ValueName = 1;

    private readonly ProtobufReader file;
    private readonly TensorReader tensors;
    private readonly List<GraphNode> nodes = [];
    private readonly Dictionary<string, Tensor> constants = [];
    private readonly List<string> inputs = [];
    private readonly List<string> outputs = [];
    private readonly List<Tensor> created = [];
    private long opset;

    private GraphReader(ProtobufReader file, string folder, ScalarType real) =>
        (this.file, tensors) = (file, new TensorReader(file, folder, real, created));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; external data is beside it.</param>
    /// <param name="real">Type of floating-point constants.</param>
    /// <exception cref="UnsupportedGraphException">The file has something that cannot be read, such as sparse tensors.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ModelGraph Read(string path, ScalarType real)
    {
        using var stream = RegularFile.Open(path);
        var reader = new GraphReader(new ProtobufReader(stream), Path.GetDirectoryName(Path.GetFullPath(path))!, real);
        try
        {
            return reader.ReadModel();
        }
        catch
        {
            foreach (var tensor in reader.created) tensor.Dispose();
            throw;
        }
    }

    private ModelGraph ReadModel()
    {
        foreach (var field in file.ReadFields(file.Whole).Where(f => f.IsBytes))
        {
            if (field.Number == ModelOpsets) ReadOpset(field);
            if (field.Number == ModelGraphField) ReadGraph(field);
        }
        return new ModelGraph
        {
            Opset = opset, Nodes = nodes, Constants = constants, Inputs = [.. inputs.Where(name => !constants.ContainsKey(name))], Outputs = outputs,
        };
    }

    private void ReadOpset(ProtobufField import)
    {
        var (domain, version) = ("", 0L);
        foreach (var field in file.ReadFields(import))
        {
            if (field is { Number: OpsetDomain, IsBytes: true }) domain = file.ReadText(field);
            if (field is { Number: OpsetVersion, IsBytes: false }) version = field.Value;
        }
        if (domain is "" or "ai.onnx") opset = version;
    }

    private void ReadGraph(ProtobufField graph)
    {
        foreach (var field in file.ReadFields(graph).Where(f => f.IsBytes))
        {
            switch (field.Number)
            {
                case GraphNodes: nodes.Add(ReadNode(field)); break;
                case GraphInitializers:
                    var (name, tensor) = tensors.Read(field);
                    if (!constants.TryAdd(name, tensor)) throw new InvalidDataException("two constants of one name");
                    break;
                case GraphInputs: inputs.Add(ReadName(field)); break;
                case GraphOutputs: outputs.Add(ReadName(field)); break;
                case GraphSparse: throw new UnsupportedGraphException("it has sparse constants");
            }
        }
    }

    private GraphNode ReadNode(ProtobufField node)
    {
        var (kind, domain) = ("", "");
        var (from, to, attributes) = (new List<string>(), new List<string>(), new Dictionary<string, object?>());
        foreach (var field in file.ReadFields(node).Where(f => f.IsBytes))
        {
            switch (field.Number)
            {
                case NodeInput: from.Add(file.ReadText(field)); break;
                case NodeOutput: to.Add(file.ReadText(field)); break;
                case NodeOperator: kind = file.ReadText(field); break;
                case NodeDomain: domain = file.ReadText(field); break;
                case NodeAttribute:
                    var (name, value) = ReadAttribute(field);
                    attributes[name] = value;
                    break;
            }
        }
        return new GraphNode(domain, kind, from, to, attributes);
    }

    private (string Name, object? Value) ReadAttribute(ProtobufField attribute)
    {
        const int Name = 1, Float = 2, Int = 3, String = 4, TensorField = 5, Floats = 7, Ints = 8, TypeField = 20;
        const long FloatType = 1, IntType = 2, StringType = 3, TensorType = 4, FloatsType = 6, IntsType = 7;
        var (name, type) = ("", 0L);
        float? real = null;
        long? integer = null;
        string? text = null;
        Tensor? tensor = null;
        var (reals, integers) = (new List<float>(), new List<long>());
        foreach (var field in file.ReadFields(attribute))
        {
            switch (field.Number)
            {
                case Name when field.IsBytes: name = file.ReadText(field); break;
                case Float when !field.IsBytes: real = BitConverter.Int32BitsToSingle((int)field.Value); break;
                case Int when !field.IsBytes: integer = field.Value; break;
                case String when field.IsBytes: text = file.ReadText(field); break;
                case TensorField when field.IsBytes: tensor = tensors.Read(field).Tensor; break;
                case Floats: reals.AddRange(tensors.ReadFloats(field)); break;
                case Ints: integers.AddRange(file.ReadIntegers(field)); break;
                case TypeField when !field.IsBytes: type = field.Value; break;
            }
        }
        // Files of the oldest exporters have no types: the kind is the field that is there.
        object? value = type switch
        {
            FloatType => real ?? 0,
            IntType => integer ?? 0,
            StringType => text ?? "",
            TensorType => tensor,
            FloatsType => reals.ToArray(),
            IntsType => integers.ToArray(),
            0 => real ?? integer ?? text ?? tensor ?? (reals.Count > 0 ? reals.ToArray() : integers.Count > 0 ? integers.ToArray() : (object?)null),
            _ => null,
        };
        return (name, value);
    }

    private string ReadName(ProtobufField value) => file.ReadFields(value).Where(f => f is { Number: ValueName, IsBytes: true }).Select(file.ReadText).LastOrDefault("");
}
