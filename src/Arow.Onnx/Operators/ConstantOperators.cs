using Arow.Onnx.Graphs;

namespace Arow.Onnx.Operators;

/// <summary>Constants, conversions, and what passes its input on.</summary>
internal static class ConstantOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Identity"] = node => node[0],
        ["Cast"] = node => To(node[0], ElementType.ToScalarType(node.Int("to", ElementType.Float), node.Real)),
        ["CastLike"] = node => To(node[0], node[1].dtype),
        ["Constant"] = Constant,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Range"] = Range,
        ["EyeLike"] = EyeLike,
    };

    /// <summary>Operators with several outputs.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor[]>> Lists = new Dictionary<string, Func<NodeCall, Tensor[]>>
    {
        ["Dropout"] = Dropout,
    };

    /// <summary>In training mode too nothing is dropped at a ratio of 0, as PyTorch's Swin exports it.</summary>
    private static Tensor[] Dropout(NodeCall node)
    {
        const double Usual = 0.5;
        var isTraining = node.Opset >= 12 && node.Optional(2) is not null && node.Number(2) != 0;
        var ratio = isTraining && node.Optional(1) is not null ? node.Number(1) : Usual;
        if (isTraining && ratio != 0) throw node.Unsupported("is in training mode");
        // The mask of what is kept is of numbers before version 10.
        return node.OutputCount < 2 ? [node[0]] : [node[0], ones_like(node[0], node.Opset < 10 ? node[0].dtype : ScalarType.Bool)];
    }

    private static Tensor To(Tensor x, ScalarType type) => type == ScalarType.Bool ? x.ne(0) : x.to(type);

    private static Tensor Constant(NodeCall node)
    {
        if (node.TensorAttribute("value") is { } value) return value.alias();
        if (node.Has("value_float")) return tensor(node.Float("value_float", 0), node.Real, device: CPU);
        if (node.Has("value_int")) return tensor(node.Int("value_int", 0), ScalarType.Int64, device: CPU);
        if (node.Floats("value_floats") is { } reals) return tensor(reals, node.Real, device: CPU);
        if (node.Ints("value_ints") is { } integers) return tensor(integers, ScalarType.Int64, device: CPU);
        throw node.Unsupported("has text or sparse numbers");
    }

    private static Tensor ConstantOfShape(NodeCall node)
    {
        var shape = node.Limit(node.Integers(0));
        return node.TensorAttribute("value") is { } value ? value.flatten()[0].expand(shape).clone()
            : zeros(shape, node.Real, device: node[0].device);
    }

    private static Tensor Range(NodeCall node)
    {
        var (start, limit, delta) = (node.Number(0), node.Number(1), node.Number(2));
        if (delta == 0 || !double.IsFinite((limit - start) / delta)) throw node.Unsupported("has no step");
        var count = node.Limit((long)Math.Clamp(Math.Ceiling((limit - start) / delta), 0, long.MaxValue))[0];
        return (start + arange(count, ScalarType.Float64, device: node[0].device) * delta).to(node[0].dtype);
    }

    private static Tensor EyeLike(NodeCall node)
    {
        var x = node[0];
        if (x.dim() != 2) throw node.Unsupported("is no matrix");
        var type = node.Has("dtype") ? ElementType.ToScalarType(node.Int("dtype", ElementType.Float), node.Real) : x.dtype;
        var (rows, columns) = (arange(x.shape[0], device: x.device).unsqueeze(1), arange(x.shape[1], device: x.device));
        return (columns - rows).eq(node.Int("k", 0)).to(type);
    }
}
