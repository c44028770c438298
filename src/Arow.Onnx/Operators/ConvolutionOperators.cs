namespace Arow.Onnx.Operators;

/// <summary>Convolutions of one, two or three dimensions.</summary>
internal static class ConvolutionOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Conv"] = Convolution,
        ["ConvTranspose"] = TransposedConvolution,
    };

    private static Tensor Convolution(NodeCall node)
    {
        var (x, weight, bias) = (node[0], node[1], node.Optional(2));
        RequireImages(node, x, weight);
        var windows = Windows.Read(node, x.shape[2..], weight.shape[2..]);
        node.Limit([x.shape[0], weight.shape[0], .. windows.OutputSize(node, x.shape[2..])]);
        var groups = node.Int("group", 1);
        var padding = windows.Begin;
        if (!windows.IsSymmetric) (x, padding) = (windows.Pad(node, x, 0), new long[padding.Length]);
        return x.dim() switch
        {
            3 => F.conv1d(x, weight, bias, windows.Stride[0], padding[0], windows.Dilation[0], groups),
            4 => F.conv2d(x, weight, bias, windows.Stride, padding, windows.Dilation, groups),
            _ => F.conv3d(x, weight, bias, windows.Stride, padding, windows.Dilation, groups),
        };
    }

    private static Tensor TransposedConvolution(NodeCall node)
    {
        var (x, weight, bias) = (node[0], node[1], node.Optional(2));
        RequireImages(node, x, weight);
        var (size, d) = (x.shape[2..], (int)x.dim() - 2);
        var auto = node.Text("auto_pad", "NOTSET");
        // Padding that follows from the size of the output is not that of a convolution.
        var windows = Windows.Read(node, size, weight.shape[2..]);
        var (begin, end) = (new long[d], new long[d]);
        var more = node.Ints("output_padding") ?? new long[d];
        var target = node.Ints("output_shape") ?? (auto.StartsWith("SAME", StringComparison.Ordinal)
            ? [.. size.Select((n, i) => n * windows.Stride[i])] : null);
        if (more.Length != d || more.Any(m => m is < 0 or > int.MaxValue)) throw node.Unsupported("has an invalid output_padding");
        long[] full = [.. size.Select((n, i) => checked(windows.Stride[i] * (n - 1)) + windows.Extent(i))];
        for (var i = 0; i < d; i++)
        {
            (begin[i], end[i]) = (windows.Begin[i], windows.End[i]);
            if (target is null) continue;
            var total = checked(full[i] + more[i] - target[^(d - i)]);
            // What an output is larger than the convolution is added at the end.
            (begin[i], end[i]) = total < 0 ? (0, total) : auto == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2);
        }
        var groups = node.Int("group", 1);
        node.Limit([x.shape[0], weight.shape[1] * groups, .. full.Select((n, i) => n + more[i] + Math.Max(0, -end[i]))]);
        var y = d switch
        {
            1 => F.conv_transpose1d(x, weight, null, windows.Stride[0], 0, 0, windows.Dilation[0], groups),
            2 => F.conv_transpose2d(x, weight, null, windows.Stride, new long[d], new long[d], windows.Dilation, groups),
            _ => F.conv_transpose3d(x, weight, null, windows.Stride, new long[d], new long[d], windows.Dilation, groups),
        };
        // Negative padding cuts; what output_padding and output_shape add is zero before the bias.
        if (Enumerable.Range(0, d).Any(i => begin[i] != 0 || end[i] != more[i]))
            y = F.pad(y, [.. Enumerable.Range(0, d).Reverse().SelectMany(i => (long[])[-begin[i], more[i] - end[i]])], PaddingModes.Constant, 0);
        return bias is null ? y : y + bias.reshape([1, -1, .. Enumerable.Repeat(1L, d)]);
    }

    private static void RequireImages(NodeCall node, Tensor x, Tensor weight)
    {
        if (x.dim() is < 3 or > 5 || weight.dim() != x.dim()) throw node.Unsupported($"of {x.dim()} dimensions");
    }
}
