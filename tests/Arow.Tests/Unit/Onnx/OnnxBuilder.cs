using Arow.Export;
using Arow.Onnx.Graphs;

namespace Arow.Tests.Unit.Onnx;

/// <summary>Writes ONNX models of any operators and version, node by node.</summary>
internal sealed class OnnxBuilder(long opset)
{
    private readonly ProtobufMessage graph = new();
    private readonly ProtobufMessage model = new();
    private int constants;

    /// <summary>A constant and its name.</summary>
    public string Constant(Tensor value)
    {
        var name = $"c{constants++}";
        graph.Add(5, ToMessage(value).Add(8, name));
        return name;
    }

    /// <summary>A float32 input; sizes below 1 are dynamic.</summary>
    public OnnxBuilder Input(string name, params long[] shape) => TypedInput(name, ElementType.Float, shape);

    /// <summary>An input of another type.</summary>
    public OnnxBuilder TypedInput(string name, long type, params long[] shape)
    {
        graph.Add(11, Value(name, type, shape));
        return this;
    }

    /// <summary>Outputs, whose types follow from the nodes.</summary>
    public OnnxBuilder Output(params string[] names)
    {
        foreach (var name in names) graph.Add(12, new ProtobufMessage().Add(1, name));
        return this;
    }

    /// <summary>A node with one output, and its name.</summary>
    public string Node(string kind, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var output = $"v{constants++}";
        Node(kind, "", inputs, [output], attributes);
        return output;
    }

    /// <summary>A node.</summary>
    public OnnxBuilder Node(string kind, string domain, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var node = new ProtobufMessage();
        foreach (var input in inputs) node.Add(1, input);
        foreach (var output in outputs) node.Add(2, output);
        node.Add(4, kind).Add(7, domain);
        foreach (var (name, value) in attributes) node.Add(5, Attribute(name, value));
        graph.Add(1, node);
        return this;
    }

    /// <summary>Any field of the graph.</summary>
    public OnnxBuilder Field(int number, ProtobufMessage message)
    {
        graph.Add(number, message);
        return this;
    }

    /// <summary>Metadata of the model.</summary>
    public OnnxBuilder Metadata(string key, string value)
    {
        model.Add(14, new ProtobufMessage().Add(1, key).Add(2, value));
        return this;
    }

    /// <summary>Operators of another domain.</summary>
    public OnnxBuilder Import(string domain, long version)
    {
        model.Add(8, new ProtobufMessage().Add(1, domain).Add(2, version));
        return this;
    }

    public byte[] ToBytes()
    {
        const long IrVersion = 8;
        using var bytes = new MemoryStream();
        new ProtobufMessage().Add(1, IrVersion).Add(7, graph.Add(2, "made")).Add(8, new ProtobufMessage().Add(1, "").Add(2, opset)).WriteTo(bytes);
        model.WriteTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>A tensor's message without its name.</summary>
    public static ProtobufMessage ToMessage(Tensor value)
    {
        using var scope = NewDisposeScope();
        var tensor = new ProtobufMessage();
        foreach (var n in value.shape) tensor.Add(1, n);
        var type = value.dtype switch
        {
            ScalarType.Float32 => ElementType.Float,
            ScalarType.Float64 => ElementType.Double,
            ScalarType.Int64 => ElementType.Int64,
            ScalarType.Int32 => ElementType.Int32,
            ScalarType.Bool => ElementType.Bool,
            ScalarType.Byte => ElementType.UInt8,
            ScalarType.Float16 => ElementType.Float16,
            var other => throw new NotSupportedException($"{other}"),
        };
        return tensor.Add(2, type).Add(9, value.cpu().contiguous().bytes.ToArray());
    }

    private static ProtobufMessage Attribute(string name, object value)
    {
        var attribute = new ProtobufMessage().Add(1, name);
        switch (value)
        {
            case float number: return attribute.Add(2, number).Add(20, 1);
            case long number: return attribute.Add(3, number).Add(20, 2);
            case string text: return attribute.Add(4, text).Add(20, 3);
            case Tensor tensor: return attribute.Add(5, ToMessage(tensor)).Add(20, 4);
            case ProtobufMessage body: return attribute.Add(6, body).Add(20, 5);
            case float[] numbers:
                foreach (var number in numbers) attribute.Add(7, number);
                return attribute.Add(20, 6);
            default:
                foreach (var number in (long[])value) attribute.Add(8, number);
                return attribute.Add(20, 7);
        }
    }

    private static ProtobufMessage Value(string name, long type, long[] dimensions)
    {
        var shape = new ProtobufMessage();
        foreach (var n in dimensions) shape.Add(1, n > 0 ? new ProtobufMessage().Add(1, n) : new ProtobufMessage().Add(2, "N"));
        return new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, new ProtobufMessage().Add(1, type).Add(2, shape)));
    }
}
