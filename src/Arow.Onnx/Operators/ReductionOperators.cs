namespace Arow.Onnx.Operators;

/// <summary>Sums, means, extremes and norms along axes. The axes are an input since version 18, of ReduceSum since 13.</summary>
internal static class ReductionOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["ReduceSum"] = node => Reduce(node, Sum, since: 13),
        ["ReduceMean"] = node => Reduce(node, (x, axes, keep) => x.is_floating_point() ? x.mean(axes, keep)
            : x.to(ScalarType.Float64).mean(axes, keep).to(x.dtype)),
        ["ReduceMax"] = node => Reduce(node, (x, axes, keep) => x.amax(axes, keep)),
        ["ReduceMin"] = node => Reduce(node, (x, axes, keep) => x.amin(axes, keep)),
        ["ReduceProd"] = node => Reduce(node, Product),
        ["ReduceSumSquare"] = node => Reduce(node, (x, axes, keep) => Sum(x.square(), axes, keep)),
        ["ReduceL1"] = node => Reduce(node, (x, axes, keep) => Sum(x.abs(), axes, keep)),
        // The root of a sum of squares has no derivative at 0; the norm has 0.
        ["ReduceL2"] = node => Reduce(node, (x, axes, keep) => linalg.vector_norm(x, 2, axes, keep)),
        ["ReduceLogSum"] = node => Reduce(node, (x, axes, keep) => Sum(x, axes, keep).log()),
        ["ReduceLogSumExp"] = node => Reduce(node, LogSumExp),
        ["ArgMax"] = node => Extreme(node, (x, axis) => x.argmax(axis, true)),
        ["ArgMin"] = node => Extreme(node, (x, axis) => x.argmin(axis, true)),
    };

    private static Tensor Reduce(NodeCall node, Func<Tensor, long[], bool, Tensor> f, long since = 18)
    {
        var x = node[0];
        var axes = node.Axes(1, since);
        var isElementwise = axes is null or [] && node.Opset >= since && node.Int("noop_with_empty_axes", 0) != 0;
        long[] chosen = isElementwise ? [] : axes is null or [] ? Shapes.Axes(x.dim())
            : [.. axes.Select(a => (long)node.Axis(a, x.dim())).Distinct()];
        return chosen.Length == 0 ? f(x.unsqueeze(0), [0], false) : f(x, chosen, node.Int("keepdims", 1) != 0);
    }

    /// <summary>The sum in the type of its input: libtorch widens integers.</summary>
    private static Tensor Sum(Tensor x, long[] axes, bool keep) => x.sum(axes, keep).to(x.dtype);

    private static Tensor Product(Tensor x, long[] axes, bool keep)
    {
        var y = x;
        foreach (var axis in axes.OrderDescending()) y = y.prod(axis, keep);
        return y.to(x.dtype);
    }

    private static Tensor LogSumExp(Tensor x, long[] axes, bool keep)
    {
        var largest = x.detach().amax(axes, true);
        largest = where(largest.isfinite(), largest, zeros_like(largest));
        var sum = (x - largest).exp().sum(axes, true).log() + largest;
        return keep ? sum : sum.reshape([.. x.shape.Where((_, i) => !axes.Contains(i))]);
    }

    private static Tensor Extreme(NodeCall node, Func<Tensor, long, Tensor> find)
    {
        var x = node[0];
        var axis = node.Axis(node.Int("axis", 0), x.dim());
        var isLast = node.Int("select_last_index", 0) != 0;
        var index = isLast ? x.shape[axis] - 1 - find(x.flip(axis), axis) : find(x, axis);
        return node.Int("keepdims", 1) != 0 ? index : index.squeeze(axis);
    }
}
