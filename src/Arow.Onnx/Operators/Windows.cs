namespace Arow.Onnx.Operators;

/// <summary>The windows of a convolution or pooling: sizes, strides, dilations and the padding of both sides of every axis.</summary>
internal sealed record Windows(long[] Kernel, long[] Stride, long[] Dilation, long[] Begin, long[] End)
{
    /// <summary>Whether both sides have the same padding.</summary>
    public bool IsSymmetric => Begin.AsSpan().SequenceEqual(End);

    /// <summary>Whether there is no padding.</summary>
    public bool IsUnpadded => Begin.All(p => p == 0) && End.All(p => p == 0);

    /// <summary>Reads the attributes of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="size">Sizes of the input.</param>
    /// <param name="kernel">Sizes of the windows.</param>
    public static Windows Read(NodeCall node, long[] size, long[] kernel)
    {
        var d = size.Length;
        if (kernel.Length != d) throw node.Unsupported($"has windows of {kernel.Length} dimensions on {d}");
        var (stride, dilation) = (Sizes("strides"), Sizes("dilations"));
        if (kernel.Any(n => n is < 1 or > int.MaxValue)) throw node.Unsupported("has a window of invalid size");
        var (begin, end) = (new long[d], new long[d]);
        var auto = node.Text("auto_pad", "NOTSET");
        if (auto == "NOTSET")
        {
            if (node.Ints("pads") is { } pads)
            {
                if (pads.Length != 2 * d || pads.Any(p => p is < 0 or > int.MaxValue)) throw node.Unsupported("has an invalid padding");
                (begin, end) = (pads[..d], pads[d..]);
            }
        }
        else if (auto is "SAME_UPPER" or "SAME_LOWER")
        {
            // The output is the input divided by the stride, rounded up; an odd padding has its extra pixel at the end, or the beginning.
            for (var i = 0; i < d; i++)
            {
                var target = (size[i] + stride[i] - 1) / stride[i];
                var padding = Math.Max(0, (target - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - size[i]);
                (begin[i], end[i]) = auto == "SAME_UPPER" ? (padding / 2, padding - padding / 2) : (padding - padding / 2, padding / 2);
            }
        }
        else if (auto != "VALID") throw node.Unsupported("has an unknown auto_pad");
        return new Windows(kernel, stride, dilation, begin, end);

        long[] Sizes(string name)
        {
            var sizes = node.Ints(name) ?? [.. Enumerable.Repeat(1L, d)];
            return sizes.Length == d && sizes.All(n => n is >= 1 and <= int.MaxValue) ? sizes : throw node.Unsupported($"has invalid {name}");
        }
    }

    /// <summary>Sizes of the output.</summary>
    /// <param name="node">For messages.</param>
    /// <param name="size">Sizes of the input.</param>
    /// <param name="ceil">Whether a last window may begin in the image and end beyond the padding.</param>
    public long[] OutputSize(NodeCall node, long[] size, bool ceil = false)
    {
        var result = new long[size.Length];
        for (var i = 0; i < size.Length; i++)
        {
            var room = size[i] + Begin[i] + End[i] - Extent(i);
            if (room < 0) throw node.Unsupported("has windows larger than its input");
            result[i] = (ceil ? (room + Stride[i] - 1) / Stride[i] : room / Stride[i]) + 1;
            if (ceil && (result[i] - 1) * Stride[i] >= size[i] + Begin[i]) result[i]--;
        }
        return result;
    }

    /// <summary>Pads an input.</summary>
    /// <param name="node">For messages.</param>
    /// <param name="x">[N, C, …].</param>
    /// <param name="value">The value of the padding.</param>
    /// <param name="extra">Further padding at the end of each axis; null for none.</param>
    public Tensor Pad(NodeCall node, Tensor x, double value, long[]? extra = null)
    {
        var d = Begin.Length;
        long[] end = [.. End.Select((p, i) => p + (extra?[i] ?? 0))];
        if (Begin.All(p => p == 0) && end.All(p => p == 0)) return x;
        node.Limit([x.shape[0], x.shape[1], .. Enumerable.Range(0, d).Select(i => x.shape[i + 2] + Begin[i] + end[i])]);
        return F.pad(x, [.. Enumerable.Range(0, d).Reverse().SelectMany(i => (long[])[Begin[i], end[i]])], PaddingModes.Constant, value);
    }

    /// <summary>Length that a window covers on an axis.</summary>
    public long Extent(int axis) => Dilation[axis] * (Kernel[axis] - 1) + 1;
}
