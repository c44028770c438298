namespace Arow.Onnx.Operators;

/// <summary>Numbers to numbers, element by element, with broadcasting.</summary>
internal static class ArithmeticOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Add"] = Binary((x, y) => x + y),
        ["Sub"] = Binary((x, y) => x - y),
        ["Mul"] = Binary((x, y) => x * y),
        ["Div"] = Binary((x, y) => x.is_floating_point() ? x / y : x.div(y, RoundingMode.trunc)),
        ["Mod"] = Mod,
        ["Pow"] = Pow,
        ["Max"] = Several((x, y) => x.maximum(y)),
        ["Min"] = Several((x, y) => x.minimum(y)),
        ["Sum"] = Several((x, y) => x + y),
        ["Mean"] = node => Several((x, y) => x + y)(node) / node.Count,
        ["Abs"] = Unary(x => x.abs()),
        ["Neg"] = Unary(x => -x),
        ["Sign"] = Unary(x => x.sign()),
        ["Floor"] = Unary(x => x.floor()),
        ["Ceil"] = Unary(x => x.ceil()),
        ["Round"] = Unary(x => x.round()),
        ["Reciprocal"] = Unary(x => x.reciprocal()),
        ["Sqrt"] = Unary(x => x.sqrt()),
        ["Exp"] = Unary(x => x.exp()),
        ["Log"] = Unary(x => x.log()),
        ["Erf"] = Unary(x => x.erf()),
        ["Sin"] = Unary(x => x.sin()),
        ["Cos"] = Unary(x => x.cos()),
        ["Tan"] = Unary(x => x.tan()),
        ["Asin"] = Unary(x => x.asin()),
        ["Acos"] = Unary(x => x.acos()),
        ["Atan"] = Unary(x => x.atan()),
        ["Sinh"] = Unary(x => x.sinh()),
        ["Cosh"] = Unary(x => x.cosh()),
        ["Tanh"] = Unary(x => x.tanh()),
        ["Asinh"] = Unary(x => x.asinh()),
        ["Acosh"] = Unary(x => x.acosh()),
        ["Atanh"] = Unary(x => x.atanh()),
        ["Clip"] = Clip,
        ["CumSum"] = CumSum,
    };

    private static Func<NodeCall, Tensor> Unary(Func<Tensor, Tensor> f) => node => f(node[0]);

    private static Func<NodeCall, Tensor> Binary(Func<Tensor, Tensor, Tensor> f) => node =>
    {
        node.LimitBroadcast(node[0], node[1]);
        return f(node[0], node[1]);
    };

    private static Func<NodeCall, Tensor> Several(Func<Tensor, Tensor, Tensor> f) => node =>
    {
        var all = node.All();
        node.LimitBroadcast(all);
        return all.Skip(1).Aggregate(all[0].alias(), f);
    };

    private static Tensor Mod(NodeCall node)
    {
        node.LimitBroadcast(node[0], node[1]);
        return node.Int("fmod", 0) == 1 ? node[0].fmod(node[1]) : node[0].remainder(node[1]);
    }

    private static Tensor Pow(NodeCall node)
    {
        var (x, y) = (node[0], node[1]);
        node.LimitBroadcast(x, y);
        // With a number the derivative at 0 is that of the power; with a tensor it is 0 · log 0.
        var power = y.numel() == 1 && y.dim() <= x.dim() && !y.requires_grad ? x.pow(node.Number(1)) : x.pow(y);
        return power.to(x.dtype);
    }

    /// <summary>Limits are attributes before version 11.</summary>
    private static Tensor Clip(NodeCall node)
    {
        var x = node[0];
        double? low = node.Opset < 11 ? node.Has("min") ? node.Float("min", 0) : null : node.Optional(1) is null ? null : node.Number(1);
        double? high = node.Opset < 11 ? node.Has("max") ? node.Float("max", 0) : null : node.Optional(2) is null ? null : node.Number(2);
        if (low is { } floor) x = x.is_floating_point() ? x.clamp_min(floor) : x.clamp_min((long)floor);
        if (high is { } ceiling) x = x.is_floating_point() ? x.clamp_max(ceiling) : x.clamp_max((long)ceiling);
        return x;
    }

    private static Tensor CumSum(NodeCall node)
    {
        var (x, axis) = (node[0], node.Axis(node.Integers(1)[0], node[0].dim()));
        var (reverse, exclusive) = (node.Int("reverse", 0) == 1, node.Int("exclusive", 0) == 1);
        if (reverse) x = x.flip(axis);
        var sum = x.cumsum(axis).to(x.dtype);
        if (exclusive) sum -= x;
        return reverse ? sum.flip(axis) : sum;
    }
}
