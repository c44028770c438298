namespace Arow.Export;

/// <summary>
/// An ONNX graph: nodes, each with an operator and named inputs and outputs, and constants. Field numbers are those of onnx.proto
/// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
/// </summary>
internal sealed class OnnxGraph
{
    private const long IrVersion = 8, Opset = 17;
    private const long FloatType = 1;

    private readonly List<Node> nodes = [];
    private readonly Dictionary<string, (long[] Shape, byte[] Bytes)> constants = [];

    private sealed record Node(string Operator, string[] Inputs, string Output, (string Name, object Value)[] Attributes);

    /// <summary>Adds a node and returns the unique name of its output.</summary>
    /// <param name="kind">Operator, such as <c>Conv</c>.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="attributes">Integers (long), lists of integers (long[]), real numbers (float).</param>
    public string Add(string kind, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var output = $"{kind.ToLowerInvariant()}_{nodes.Count}";
        nodes.Add(new Node(kind, inputs, output, attributes));
        return output;
    }

    /// <summary>Adds a float32 constant, unless one with this name exists, and returns the name.</summary>
    public string Constant(string name, Tensor value)
    {
        if (constants.ContainsKey(name)) return name;
        using var scope = NewDisposeScope();
        var numbers = value.detach().to(ScalarType.Float32).cpu().contiguous();
        if (numbers.numel() * 4 > Array.MaxLength) throw new InputException(
            $"{name} has {numbers.numel()} weights, more than an ONNX file can contain");
        constants.Add(name, (numbers.shape, numbers.bytes.ToArray()));
        return name;
    }

    /// <summary>Creates the file.</summary>
    /// <param name="input">Name and shape of the images; the number of images is dynamic.</param>
    /// <param name="outputs">Name in the file, name of the value, and row length of each output.</param>
    /// <param name="metadata">Metadata.</param>
    public ProtobufMessage ToMessage((string Name, long[] Shape) input, IReadOnlyList<(string Name, string Value, long Length)> outputs,
        IReadOnlyDictionary<string, string> metadata)
    {
        var used = FindUsedValues(outputs.Select(o => o.Value));
        var graph = new ProtobufMessage();
        foreach (var node in nodes.Where(n => used.Contains(n.Output))) graph.Add(1, ToNodeMessage(node, outputs));
        graph.Add(2, "arow");
        foreach (var (name, (shape, bytes)) in constants.Where(c => used.Contains(c.Key)))
        {
            var tensor = new ProtobufMessage();
            foreach (var n in shape) tensor.Add(1, n);
            graph.Add(5, tensor.Add(2, FloatType).Add(8, name).Add(9, bytes));
        }
        graph.Add(11, DescribeTensor(input.Name, input.Shape));
        foreach (var (name, _, length) in outputs) graph.Add(12, DescribeTensor(name, [length]));

        var model = new ProtobufMessage().Add(1, IrVersion).Add(2, "arow").Add(7, graph).Add(8, new ProtobufMessage().Add(1, "").Add(2, Opset));
        foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) model.Add(14,
            new ProtobufMessage().Add(1, key).Add(2, value));
        return model;
    }

    /// <summary>Returns the values that the outputs depend on: architectures compute some only for training.</summary>
    private HashSet<string> FindUsedValues(IEnumerable<string> outputs)
    {
        var used = outputs.ToHashSet();
        foreach (var node in Enumerable.Reverse(nodes))
        {
            if (used.Contains(node.Output)) used.UnionWith(node.Inputs);
        }
        return used;
    }

    private static ProtobufMessage ToNodeMessage(Node node, IReadOnlyList<(string Name, string Value, long Length)> outputs)
    {
        string OutputName(string value) => outputs.FirstOrDefault(o => o.Value == value).Name ?? value;
        var message = new ProtobufMessage();
        foreach (var input in node.Inputs) message.Add(1, OutputName(input));
        message.Add(2, OutputName(node.Output)).Add(3, node.Output).Add(4, node.Operator);
        foreach (var (name, value) in node.Attributes) message.Add(5, ToAttributeMessage(name, value));
        return message;
    }

    private static ProtobufMessage ToAttributeMessage(string name, object value)
    {
        const long Float = 1, Int = 2, Ints = 7;
        var attribute = new ProtobufMessage().Add(1, name);
        switch (value)
        {
            case float number:
                return attribute.Add(2, number).Add(20, Float);
            case long number:
                return attribute.Add(3, number).Add(20, Int);
            default:
                foreach (var number in (long[])value) attribute.Add(8, number);
                return attribute.Add(20, Ints);
        }
    }

    /// <summary>Describes a float32 tensor with a dynamic first dimension.</summary>
    private static ProtobufMessage DescribeTensor(string name, long[] rest)
    {
        var shape = new ProtobufMessage().Add(1, new ProtobufMessage().Add(2, "N"));
        foreach (var n in rest) shape.Add(1, new ProtobufMessage().Add(1, n));
        return new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, new ProtobufMessage().Add(1, FloatType).Add(2, shape)));
    }
}
