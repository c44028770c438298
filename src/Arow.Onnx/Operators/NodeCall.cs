using Arow.Onnx.Graphs;

namespace Arow.Onnx.Operators;

/// <summary>One computation of a node: its attributes and the tensors of its inputs.</summary>
/// <param name="node">The node.</param>
/// <param name="inputs">Tensors of the inputs; null for those that are left out.</param>
/// <param name="context">What is the same for all nodes.</param>
internal sealed class NodeCall(GraphNode node, Tensor?[] inputs, GraphContext context)
{
    private const long MaxListLength = 1 << 16;

    /// <summary>Version of the operators.</summary>
    public long Opset => context.Opset;

    /// <summary>Floating-point type of the computation.</summary>
    public ScalarType Real => context.Real;

    /// <summary>Whether the inputs are constants.</summary>
    public bool IsFolding => context.IsFolding;

    /// <summary>The device of the images.</summary>
    public Device Device => context.Device;

    /// <summary>Number of inputs in the file.</summary>
    public int Count => inputs.Length;

    /// <summary>Number of outputs in the file.</summary>
    public int OutputCount => node.Outputs.Count;

    /// <summary>An input that must be there.</summary>
    /// <exception cref="UnsupportedGraphException">It is not.</exception>
    public Tensor this[int i] => Optional(i) ?? throw new UnsupportedGraphException($"{node.Operator} lacks an input");

    /// <summary>An input, on the device of the others; null if it is left out.</summary>
    /// <remarks>Shapes are computed on the CPU: an integer constant meets images where it is used with them.</remarks>
    public Tensor? Optional(int i)
    {
        if (i >= inputs.Length || inputs[i] is not { } tensor) return null;
        if (Device.type == DeviceType.CPU || tensor.device_type != DeviceType.CPU) return tensor;
        return Array.Exists(inputs, t => t is not null && t.device_type != DeviceType.CPU) ? tensor.to(Device) : tensor;
    }

    /// <summary>All inputs.</summary>
    public Tensor[] All() => [.. Enumerable.Range(0, Count).Select(i => this[i])];

    /// <summary>Whether an attribute is there.</summary>
    public bool Has(string name) => node.Attributes.ContainsKey(name);

    public long Int(string name, long otherwise) => Attribute(name, otherwise);

    public double Float(string name, double otherwise) => node.Attributes.ContainsKey(name) ? Attribute(name, 0f) : otherwise;

    public string Text(string name, string otherwise) => Attribute(name, otherwise);

    public long[]? Ints(string name) => node.Attributes.ContainsKey(name) ? [.. Attribute<long[]>(name, [])] : null;

    public double[]? Floats(string name) => node.Attributes.ContainsKey(name) ? [.. Attribute<float[]>(name, []).Select(f => (double)f)] : null;

    public Tensor? TensorAttribute(string name) => node.Attributes.ContainsKey(name) ? Attribute<Tensor>(name, null!) : null;

    /// <summary>Reads an input as a list of integers.</summary>
    public long[] Integers(int i)
    {
        using var scope = NewDisposeScope();
        var list = List(i);
        return list.numel() == 0 ? [] : list.is_floating_point() ? throw Unsupported("takes a list of real numbers")
            : [.. list.to(ScalarType.Int64).data<long>()];
    }

    /// <summary>Reads an input as a list of real numbers.</summary>
    public double[] Numbers(int i)
    {
        using var scope = NewDisposeScope();
        var list = List(i);
        return list.numel() == 0 ? [] : [.. list.to(ScalarType.Float64).data<double>()];
    }

    /// <summary>Reads an input of a single number.</summary>
    public double Number(int i) => Numbers(i) is [var number] ? number : throw Unsupported("takes more than one number");

    /// <summary>An axis as an index; negative ones count from the end.</summary>
    public int Axis(long axis, long rank) => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis)
        : throw Unsupported($"has axis {axis} of {rank}");

    /// <summary>Axes from an attribute, or from an input since a version; null for none.</summary>
    public long[]? Axes(int input, long since, string name = "axes") => Opset < since ? Ints(name) : input < Count && inputs[input] is not null
        ? Integers(input) : null;

    /// <summary>Refuses shapes that are larger than any image needs, before they are allocated.</summary>
    /// <returns>The shape.</returns>
    public long[] Limit(params long[] shape)
    {
        var elements = 1.0;
        foreach (var n in shape) elements *= n >= 0 ? n : throw Unsupported("has a negative size");
        return elements <= context.MaxElements ? shape : throw Unsupported($"asks for {elements:0.#e+0} numbers");
    }

    /// <summary>Refuses tensors that are too large when they are broadcast together.</summary>
    /// <returns>The broadcast shape.</returns>
    public long[] LimitBroadcast(params Tensor[] tensors) => Limit(Shapes.Broadcast([.. tensors.Select(t => t.shape)])
        ?? throw Unsupported("has inputs of shapes that do not fit"));

    /// <summary>An exception about this node.</summary>
    /// <param name="says">The rest of a sentence after the operator.</param>
    public UnsupportedGraphException Unsupported(string says) => new($"{node.Operator} {says}, which is not supported");

    private T Attribute<T>(string name, T otherwise) => !node.Attributes.TryGetValue(name, out var value) ? otherwise
        : value is T typed ? typed : throw Unsupported($"has another kind of '{name}'");

    private Tensor List(int i) => this[i].numel() <= MaxListLength ? this[i].detach().cpu().flatten().contiguous()
        : throw Unsupported($"takes a list of {this[i].numel()} numbers");
}
