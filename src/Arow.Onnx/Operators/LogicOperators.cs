namespace Arow.Onnx.Operators;

/// <summary>Comparisons, logic and choice.</summary>
internal static class LogicOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Equal"] = Binary((x, y) => x.eq(y)),
        ["Greater"] = Binary((x, y) => x.gt(y)),
        ["GreaterOrEqual"] = Binary((x, y) => x.ge(y)),
        ["Less"] = Binary((x, y) => x.lt(y)),
        ["LessOrEqual"] = Binary((x, y) => x.le(y)),
        ["And"] = Binary((x, y) => x.logical_and(y)),
        ["Or"] = Binary((x, y) => x.logical_or(y)),
        ["Xor"] = Binary((x, y) => x.logical_xor(y)),
        ["Not"] = node => node[0].logical_not(),
        ["IsNaN"] = node => node[0].isnan(),
        ["IsInf"] = node => node[0].isinf() & ((node[0] > 0).logical_and(tensor(node.Int("detect_positive", 1) == 1, device: node[0].device))
            | (node[0] < 0).logical_and(tensor(node.Int("detect_negative", 1) == 1, device: node[0].device))),
        ["Where"] = Where,
    };

    private static Func<NodeCall, Tensor> Binary(Func<Tensor, Tensor, Tensor> f) => node =>
    {
        node.LimitBroadcast(node[0], node[1]);
        return f(node[0], node[1]);
    };

    private static Tensor Where(NodeCall node)
    {
        node.LimitBroadcast(node[0], node[1], node[2]);
        return where(node[0], node[1], node[2]);
    }
}
