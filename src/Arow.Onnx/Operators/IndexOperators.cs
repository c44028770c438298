namespace Arow.Onnx.Operators;

/// <summary>Elements by their place.</summary>
internal static class IndexOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Slice"] = Slice,
        ["Gather"] = Gather,
        ["GatherElements"] = GatherElements,
        ["GatherND"] = GatherND,
        ["Scatter"] = ScatterElements, // its name before version 11
        ["ScatterElements"] = ScatterElements,
        ["ScatterND"] = ScatterND,
        ["OneHot"] = OneHot,
        ["NonZero"] = node => node[0].nonzero().t(),
        ["Trilu"] = Trilu,
    };

    /// <summary>Operators with several outputs.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor[]>> Lists = new Dictionary<string, Func<NodeCall, Tensor[]>>
    {
        ["TopK"] = TopK,
    };

    /// <summary>Starts and ends are attributes before version 10.</summary>
    private static Tensor Slice(NodeCall node)
    {
        var x = node[0];
        var isOld = node.Opset < 10;
        var (starts, ends) = isOld ? (node.Ints("starts"), node.Ints("ends")) : (node.Integers(1), node.Integers(2));
        if (starts is null || ends is null || starts.Length != ends.Length) throw node.Unsupported("has starts without ends");
        var axes = node.Axes(3, since: 10) ?? Shapes.Axes(starts.Length);
        var steps = isOld || node.Optional(4) is null ? [.. Enumerable.Repeat(1L, starts.Length)] : node.Integers(4);
        if (axes.Length != starts.Length || steps.Length != starts.Length) throw node.Unsupported("has starts without ends");
        for (var i = 0; i < starts.Length; i++)
        {
            var axis = node.Axis(axes[i], x.dim());
            var size = x.shape[axis];
            var step = Math.Max(steps[i], -long.MaxValue);
            if (step == 0) throw node.Unsupported("has a step of 0");
            var start = FromEnd(starts[i], size);
            var end = FromEnd(ends[i], size);
            if (step < 0)
            {
                // Backwards is forwards in the flipped tensor; the end −1 lies before the first element.
                x = x.flip(axis);
                (start, end, step) = (size - 1 - Math.Clamp(start, 0, Math.Max(0, size - 1)), size - 1 - Math.Clamp(end, -1, size - 1), -step);
            }
            (start, end) = (Math.Clamp(start, 0, size), Math.Clamp(end, 0, size));
            x = x.slice(axis, start, Math.Max(start, end), step);
        }
        return x;

        static long FromEnd(long place, long size) => place < 0 ? place + size : place;
    }

    private static Tensor Gather(NodeCall node)
    {
        var (x, index) = (node[0], node[1]);
        var axis = node.Axis(node.Int("axis", 0), x.dim());
        long[] shape = node.Limit([.. x.shape[..axis], .. index.shape, .. x.shape[(axis + 1)..]]);
        return x.index_select(axis, NonNegative(index, x.shape[axis]).flatten()).reshape(shape);
    }

    private static Tensor GatherElements(NodeCall node)
    {
        var (x, index) = (node[0], node[1]);
        var axis = node.Axis(node.Int("axis", 0), x.dim());
        return x.gather(axis, NonNegative(index, x.shape[axis]));
    }

    private static Tensor GatherND(NodeCall node)
    {
        var (x, index) = (node[0], node[1]);
        var (rows, flat, rest) = Rows(node, x, index, node.Int("batch_dims", 0));
        node.Limit([.. index.shape[..^1], .. rest]);
        return flat.index_select(0, rows).reshape([.. index.shape[..^1], .. rest]);
    }

    private static Tensor ScatterElements(NodeCall node)
    {
        var (x, index, updates) = (node[0], node[1], node[2]);
        var axis = node.Axis(node.Int("axis", 0), x.dim());
        var place = NonNegative(index, x.shape[axis]);
        return node.Text("reduction", "none") switch
        {
            "none" => x.scatter(axis, place, updates),
            "add" => x.scatter_add(axis, place, updates),
            _ => Combine(node, x.reshape(-1, 1), PlacesOf(node, x, place, axis), updates.reshape(-1, 1)).reshape(x.shape),
        };
    }

    /// <summary>Places of elements in the flattened tensor.</summary>
    private static Tensor PlacesOf(NodeCall node, Tensor x, Tensor index, int axis)
    {
        if (index.dim() != x.dim() || ((index < 0) | (index >= x.shape[axis])).any().item<bool>()) throw node.Unsupported("has an index out of range");
        Tensor? places = null;
        for (var (i, stride) = ((int)x.dim() - 1, 1L); i >= 0; stride *= x.shape[i--])
        {
            if (i != axis && index.shape[i] > x.shape[i]) throw node.Unsupported("has indices that do not fit");
            long[] shape = [.. Enumerable.Repeat(1L, (int)x.dim())];
            shape[i] = index.shape[i];
            var along = (i == axis ? index : arange(index.shape[i], ScalarType.Int64, device: index.device).reshape(shape)) * stride;
            places = places is null ? along : places + along;
        }
        return places!.flatten();
    }

    /// <summary>
    /// Multiplies rows by others, or takes the larger or smaller numbers. What meets one row is combined in turn: each round has every row
    /// once at most.
    /// </summary>
    private static Tensor Combine(NodeCall node, Tensor flat, Tensor rows, Tensor source)
    {
        const int MaxRounds = 1000;
        Func<Tensor, Tensor, Tensor> both = node.Text("reduction", "none") switch
        {
            "mul" => (a, b) => a * b,
            "max" => (a, b) => a.maximum(b),
            "min" => (a, b) => a.minimum(b),
            var other => throw node.Unsupported($"reduces by {Printable.Escape(other)}"),
        };
        if (rows.numel() != source.shape[0]) throw node.Unsupported("has updates that do not fit");
        var met = new Dictionary<long, int>();
        var rounds = new List<List<long>>();
        foreach (var (i, row) in rows.cpu().data<long>().ToArray().Index())
        {
            var round = met.GetValueOrDefault(row);
            met[row] = round + 1;
            if (round == rounds.Count) rounds.Add([]);
            if (rounds.Count > MaxRounds) throw node.Unsupported($"names one place more than {MaxRounds} times");
            rounds[round].Add(i);
        }
        foreach (var round in rounds)
        {
            var chosen = tensor(round, ScalarType.Int64, device: rows.device);
            var at = rows.index_select(0, chosen);
            flat = flat.index_copy(0, at, both(flat.index_select(0, at), source.index_select(0, chosen)));
        }
        return flat;
    }

    private static Tensor ScatterND(NodeCall node)
    {
        var (x, index, updates) = (node[0], node[1], node[2]);
        var (rows, flat, rest) = Rows(node, x, index);
        var source = updates.reshape([rows.numel(), Shapes.Product(rest)]);
        var result = node.Text("reduction", "none") switch
        {
            "none" => flat.index_copy(0, rows, source),
            "add" => flat.index_add(0, rows, source, 1),
            _ => Combine(node, flat, rows, source),
        };
        return result.reshape(x.shape);
    }

    /// <summary>
    /// The rows that indices [..., K] name in a tensor whose first K axes are one; after the first axes that both have, if there are such.
    /// </summary>
    /// <returns>Row numbers, the tensor as [rows, length], and the shape of a row.</returns>
    private static (Tensor Rows, Tensor Flat, long[] Length) Rows(NodeCall node, Tensor x, Tensor index, long batchAxes = 0)
    {
        if (batchAxes < 0 || index.dim() <= batchAxes || index.shape[^1] > x.dim() - batchAxes || index.shape[^1] == 0
            || !index.shape.AsSpan(0, (int)batchAxes).SequenceEqual(x.shape.AsSpan(0, (int)batchAxes)))
            throw node.Unsupported("has indices that do not fit");
        var (first, depth) = ((int)batchAxes, (int)index.shape[^1]);
        var columns = index.reshape(-1, depth).to(ScalarType.Int64);
        var batches = Shapes.Product(x.shape[..first]);
        var rows = arange(batches, ScalarType.Int64, device: index.device).repeat_interleave(columns.shape[0] / Math.Max(1, batches));
        for (var i = 0; i < depth; i++)
        {
            var size = x.shape[first + i];
            var column = NonNegative(columns.select(1, i), size);
            if (column.numel() > 0 && ((column < 0) | (column >= size)).any().item<bool>()) throw node.Unsupported("has an index out of range");
            rows = rows * size + column;
        }
        var rest = x.shape[(first + depth)..];
        return (rows, x.reshape(Shapes.Product(x.shape[..(first + depth)]), Shapes.Product(rest)), rest);
    }

    private static Tensor NonNegative(Tensor index, long size)
    {
        var place = index.to(ScalarType.Int64);
        return where(place < 0, place + size, place);
    }

    private static Tensor OneHot(NodeCall node)
    {
        var (index, values) = (node[0], node[2]);
        var depth = (long)node.Number(1);
        var axis = node.Axis(node.Int("axis", -1), index.dim() + 1);
        if (values.numel() != 2) throw node.Unsupported("has no two values");
        node.Limit([.. index.shape[..axis], depth, .. index.shape[axis..]]);
        var place = NonNegative(index, depth).unsqueeze(axis);
        long[] shape = [.. Enumerable.Repeat(1L, (int)index.dim() + 1)];
        shape[axis] = depth;
        return where(place.eq(arange(depth, ScalarType.Int64, device: place.device).reshape(shape)), values[1], values[0]);
    }

    private static Tensor Trilu(NodeCall node)
    {
        var k = node.Optional(1) is null ? 0 : node.Integers(1)[0];
        return node.Int("upper", 1) != 0 ? node[0].triu(k) : node[0].tril(k);
    }

    /// <summary>The number is an attribute before version 10.</summary>
    private static Tensor[] TopK(NodeCall node)
    {
        var x = node[0];
        var axis = node.Axis(node.Int("axis", -1), x.dim());
        var k = node.Opset < 10 ? node.Int("k", 0) : node.Integers(1)[0];
        if (k < 0 || k > x.shape[axis]) throw node.Unsupported("asks for more than there are");
        var (values, indices) = x.topk((int)k, axis, node.Int("largest", 1) != 0, true);
        return [values, indices];
    }
}
