namespace Arow.Onnx.Operators;

/// <summary>Pooling.</summary>
internal static class PoolingOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["MaxPool"] = MaxPool,
        ["AveragePool"] = AveragePool,
        ["GlobalAveragePool"] = node => node[0].mean(Shapes.Axes(node[0].dim(), 2), true),
        ["GlobalMaxPool"] = node => node[0].amax(Shapes.Axes(node[0].dim(), 2), true),
    };

    private static Tensor MaxPool(NodeCall node)
    {
        var (x, windows, output) = Read(node);
        // A padding of at most half a window is libtorch's own; it fills with the smallest number too.
        var isPlain = windows.IsSymmetric && node.Int("ceil_mode", 0) == 0 && windows.Begin.Select((p, i) => 2 * p <= windows.Kernel[i]).All(b => b);
        var padding = windows.Begin;
        if (!isPlain) (x, padding) = (windows.Pad(node, x, double.NegativeInfinity, Beyond(windows, x, output)), new long[padding.Length]);
        if (x.dim() == 5) return F.max_pool3d(x, windows.Kernel, windows.Stride, padding, windows.Dilation);
        return OnPlane(x, windows, (plane, w) => F.max_pool2d(plane, w.Kernel, w.Stride, w.Begin, w.Dilation), padding);
    }

    private static Tensor AveragePool(NodeCall node)
    {
        var (x, windows, output) = Read(node);
        // ONNX Runtime pads as if windows were not dilated; the standard says otherwise.
        var isDilated = windows.Dilation.Any(d => d != 1);
        if (isDilated && node.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal))
            throw node.Unsupported("has dilations and automatic padding");
        var isIncluded = node.Int("count_include_pad", 0) == 1;
        var beyond = Beyond(windows, x, output);
        Tensor Averages(Tensor padded) => isDilated ? Dilated(padded, windows, output)
            : padded.dim() == 5 ? F.avg_pool3d(padded, windows.Kernel, windows.Stride)
            : OnPlane(padded, windows, (plane, w) => F.avg_pool2d(plane, w.Kernel, w.Stride), new long[windows.Begin.Length]);
        if (windows.IsUnpadded && beyond.All(n => n == 0)) return Averages(x);
        // The share of a window that counts: the image, the padding if it is included, and nothing beyond it.
        var counted = isIncluded ? windows.Pad(node, ones_like(x[..1, ..1]), 1) : ones_like(x[..1, ..1]);
        var rest = isIncluded ? windows with { Begin = new long[beyond.Length], End = new long[beyond.Length] } : windows;
        return Averages(windows.Pad(node, x, 0, beyond)) / Averages(rest.Pad(node, counted, 0, beyond));
    }

    /// <summary>Averages of dilated windows, which libtorch does not have: one axis after the other.</summary>
    private static Tensor Dilated(Tensor padded, Windows windows, long[] output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            var axis = i + 2;
            var length = (output[i] - 1) * windows.Stride[i] + 1;
            Tensor? sum = null;
            for (var k = 0L; k < windows.Kernel[i]; k++)
            {
                var part = padded.slice(axis, k * windows.Dilation[i], k * windows.Dilation[i] + length, windows.Stride[i]);
                sum = sum is null ? part : sum + part;
            }
            padded = sum! / windows.Kernel[i];
        }
        return padded;
    }

    private static (Tensor X, Windows Windows, long[] Output) Read(NodeCall node)
    {
        var x = node[0];
        if (x.dim() is < 3 or > 5) throw node.Unsupported($"of {x.dim()} dimensions");
        var windows = Windows.Read(node, x.shape[2..], node.Ints("kernel_shape") ?? throw node.Unsupported("lacks its kernel_shape"));
        var output = windows.OutputSize(node, x.shape[2..], node.Int("ceil_mode", 0) == 1);
        node.Limit([x.shape[0], x.shape[1], .. output]);
        return (x, windows, output);
    }

    /// <summary>How far the last windows reach beyond the padding.</summary>
    private static long[] Beyond(Windows windows, Tensor x, long[] output) => [.. output.Select((n, i) =>
        Math.Max(0, (n - 1) * windows.Stride[i] + windows.Extent(i) - (x.shape[i + 2] + windows.Begin[i] + windows.End[i])))];

    /// <summary>Pools two dimensions; one is a plane of one row.</summary>
    private static Tensor OnPlane(Tensor x, Windows windows, Func<Tensor, Windows, Tensor> pool, long[] padding)
    {
        if (x.dim() == 4) return pool(x, windows with { Begin = padding });
        var flat = new Windows([1, .. windows.Kernel], [1, .. windows.Stride], [1, .. windows.Dilation], [0, .. padding], [0, .. padding]);
        return pool(x.unsqueeze(2), flat).squeeze(2);
    }
}
