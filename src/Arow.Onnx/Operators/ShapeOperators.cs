namespace Arow.Onnx.Operators;

/// <summary>The same numbers in another shape or order, or repeated.</summary>
internal static class ShapeOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Flatten"] = Flatten,
        ["Reshape"] = Reshape,
        ["Transpose"] = node => node[0].permute(node.Ints("perm") ?? [.. Shapes.Axes(node[0].dim()).Reverse()]),
        ["Squeeze"] = Squeeze,
        ["Unsqueeze"] = Unsqueeze,
        ["Concat"] = Concat,
        ["Expand"] = Expand,
        ["Tile"] = Tile,
        ["Pad"] = Pad,
        ["DepthToSpace"] = DepthToSpace,
        ["SpaceToDepth"] = SpaceToDepth,
        ["Shape"] = Shape,
        ["Size"] = node => tensor(node[0].numel(), ScalarType.Int64, device: CPU),
    };

    /// <summary>Operators with several outputs.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor[]>> Lists = new Dictionary<string, Func<NodeCall, Tensor[]>>
    {
        ["Split"] = Split,
    };

    private static Tensor Flatten(NodeCall node)
    {
        var (x, axis) = (node[0], node.Int("axis", 1));
        if (axis < 0) axis += x.dim();
        if (axis < 0 || axis > x.dim()) throw node.Unsupported("has an invalid axis");
        return x.reshape(Shapes.Product(x.shape[..(int)axis]), Shapes.Product(x.shape[(int)axis..]));
    }

    private static Tensor Reshape(NodeCall node)
    {
        var (x, shape) = (node[0], node.Integers(1));
        if (node.Int("allowzero", 0) == 0)
        {
            for (var i = 0; i < shape.Length; i++)
            {
                if (shape[i] == 0) shape[i] = i < x.dim() ? x.shape[i] : throw node.Unsupported("keeps an axis that is not there");
            }
        }
        return x.reshape(shape);
    }

    private static Tensor Squeeze(NodeCall node)
    {
        var x = node[0];
        var axes = node.Axes(1, since: 13)?.Select(a => node.Axis(a, x.dim())).ToArray();
        if (axes?.Any(a => x.shape[a] != 1) == true) throw node.Unsupported("removes an axis of more than one element");
        return x.reshape([.. x.shape.Where((n, i) => axes is null ? n != 1 : !axes.Contains(i))]);
    }

    private static Tensor Unsqueeze(NodeCall node)
    {
        var x = node[0];
        var axes = node.Axes(1, since: 13) ?? throw node.Unsupported("lacks its axes");
        var rank = x.dim() + axes.Length;
        return axes.Select(a => node.Axis(a, rank)).Order().Aggregate(x, (y, a) => y.unsqueeze(a));
    }

    private static Tensor Concat(NodeCall node)
    {
        var all = node.All();
        var axis = node.Axis(node.Int("axis", node.Opset < 4 ? 1 : 0), all[0].dim());
        if (all.Any(t => t.dim() != all[0].dim())) throw node.Unsupported("has inputs of different rank");
        node.Limit([.. all[0].shape.Select((n, i) => i == axis ? all.Sum(t => t.shape[i]) : n)]);
        return cat(all, axis);
    }

    private static Tensor[] Split(NodeCall node)
    {
        var x = node[0];
        var axis = node.Axis(node.Int("axis", 0), x.dim());
        var parts = node.Axes(1, since: 13, name: "split");
        if (parts is null)
        {
            // The last part is smaller where the number does not divide the axis.
            var each = (x.shape[axis] + node.OutputCount - 1) / node.OutputCount;
            parts = [.. Enumerable.Range(0, node.OutputCount).Select(i => Math.Clamp(x.shape[axis] - i * each, 0, each))];
        }
        if (parts.Any(n => n < 0) || parts.Sum() != x.shape[axis]) throw node.Unsupported("has parts that do not fit");
        return x.split(parts, axis);
    }

    private static Tensor Expand(NodeCall node)
    {
        var x = node[0];
        var shape = Shapes.Broadcast(x.shape, node.Integers(1)) ?? throw node.Unsupported("has a shape that does not fit");
        return x.expand(node.Limit(shape));
    }

    private static Tensor Tile(NodeCall node)
    {
        var (x, repeats) = (node[0], node.Integers(1));
        if (repeats.Length != x.dim()) throw node.Unsupported("has repeats that do not fit");
        node.Limit(repeats);
        node.Limit([.. x.shape.Zip(repeats, (n, r) => checked(n * r))]);
        return x.repeat(repeats);
    }

    /// <summary>Paddings are attributes before version 11; since 18 they may be of some axes only.</summary>
    private static Tensor Pad(NodeCall node)
    {
        var x = node[0];
        var rank = (int)x.dim();
        var given = (node.Opset >= 11 ? node.Integers(1) : node.Ints("pads")) ?? throw node.Unsupported("lacks its padding");
        long[] axes = node.Opset >= 18 && node.Optional(3) is not null ? node.Integers(3) : Shapes.Axes(rank);
        if (given.Length != 2 * axes.Length || given.Any(p => Math.Abs((double)p) > int.MaxValue)) throw node.Unsupported("has an invalid padding");
        var (begin, end) = (new long[rank], new long[rank]);
        foreach (var (i, axis) in axes.Index())
            (begin[node.Axis(axis, rank)], end[node.Axis(axis, rank)]) = (given[i], given[i + axes.Length]);
        node.Limit([.. x.shape.Select((n, i) => n + begin[i] + end[i])]);
        var mode = node.Text("mode", "constant");
        if (mode == "constant")
        {
            var value = node.Opset < 11 ? node.Float("value", 0) : node.Optional(2) is null ? 0 : node.Number(2);
            return begin.All(p => p == 0) && end.All(p => p == 0) ? x
                : F.pad(x, [.. Enumerable.Range(0, rank).Reverse().SelectMany(i => (long[])[begin[i], end[i]])], PaddingModes.Constant, value);
        }
        for (var axis = 0; axis < rank; axis++)
        {
            if (begin[axis] == 0 && end[axis] == 0) continue;
            var size = x.shape[axis];
            if (size == 0) throw node.Unsupported("pads nothing");
            var place = arange(-begin[axis], size + end[axis], ScalarType.Int64, device: x.device);
            place = mode switch
            {
                "edge" => place.clamp(0, size - 1),
                "wrap" => place.remainder(size),
                "reflect" => Reflect(place, size),
                _ => throw node.Unsupported("has an unknown mode"),
            };
            x = x.index_select(axis, place);
        }
        return x;
    }

    /// <summary>Places that go to and fro: 2 1 0 1 2 3 2 1 for four elements.</summary>
    private static Tensor Reflect(Tensor place, long size) =>
        size == 1 ? zeros_like(place) : size - 1 - (place.remainder(2 * (size - 1)) - (size - 1)).abs();

    private static Tensor DepthToSpace(NodeCall node)
    {
        var (x, block) = (node[0], node.Int("blocksize", 2));
        if (x.dim() != 4 || block is < 1 or > int.MaxValue || x.shape[1] % (block * block) != 0) throw node.Unsupported("has an invalid block");
        var (n, c, h, w) = (x.shape[0], x.shape[1] / (block * block), x.shape[2], x.shape[3]);
        var blocks = node.Text("mode", "DCR") == "DCR" ? x.reshape(n, block, block, c, h, w).permute(0, 3, 4, 1, 5, 2)
            : x.reshape(n, c, block, block, h, w).permute(0, 1, 4, 2, 5, 3);
        return blocks.reshape(n, c, h * block, w * block);
    }

    private static Tensor SpaceToDepth(NodeCall node)
    {
        var (x, block) = (node[0], node.Int("blocksize", 2));
        if (x.dim() != 4 || block is < 1 or > int.MaxValue || x.shape[2] % block != 0 || x.shape[3] % block != 0)
            throw node.Unsupported("has an invalid block");
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block);
        return x.reshape(n, c, h, block, w, block).permute(0, 3, 5, 1, 2, 4).reshape(n, c * block * block, h, w);
    }

    private static Tensor Shape(NodeCall node)
    {
        var shape = node[0].shape;
        var (start, end) = (At(node.Int("start", 0)), At(node.Int("end", shape.Length)));
        return tensor(shape[start..Math.Max(start, end)], ScalarType.Int64, device: CPU);

        int At(long place) => (int)Math.Clamp(place < 0 ? place + shape.Length : place, 0, shape.Length);
    }
}
