namespace Arow.Onnx.Operators;

/// <summary>
/// Images of another size: each axis by itself, as a weighted sum of the input's elements around the place that an element of the output
/// comes from.
/// </summary>
internal static class ResizeOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Resize"] = Resize,
        ["Upsample"] = Upsample,
        ["GridSample"] = GridSample,
    };

    private static Tensor Upsample(NodeCall node)
    {
        var scales = node.Opset < 9 ? node.Floats("scales") ?? throw node.Unsupported("lacks its scales") : node.Numbers(1);
        return Apply(node, scales, null, Shapes.Axes(node[0].dim()), node.Text("mode", "nearest"), "asymmetric", "floor");
    }

    private static Tensor Resize(NodeCall node)
    {
        var x = node[0];
        var mode = node.Text("mode", "nearest");
        if (node.Opset < 11) return Apply(node, node.Numbers(1), null, Shapes.Axes(x.dim()), mode, "asymmetric", "simple");
        if (node.Int("antialias", 0) != 0) throw node.Unsupported("is antialiased");
        if (node.Text("keep_aspect_ratio_policy", "stretch") != "stretch") throw node.Unsupported("keeps the aspect ratio");
        var sizes = node.Optional(3) is { } s && s.numel() > 0 ? node.Integers(3) : null;
        var scales = sizes is null ? node.Numbers(2) : null;
        return Apply(node, scales, sizes, node.Ints("axes") ?? Shapes.Axes(x.dim()), mode,
            node.Text("coordinate_transformation_mode", "half_pixel"), node.Text("nearest_mode", "round_prefer_floor"));
    }

    private static Tensor Apply(NodeCall node, double[]? scales, long[]? sizes, long[] axes, string mode, string transformation, string rounding)
    {
        var x = node[0];
        if ((scales?.Length ?? sizes!.Length) != axes.Length) throw node.Unsupported("has sizes that do not fit");
        var target = x.shape;
        var factors = Enumerable.Repeat(1.0, target.Length).ToArray();
        foreach (var (i, given) in axes.Index())
        {
            var axis = node.Axis(given, target.Length);
            var size = target[axis];
            if (sizes is not null) (target[axis], factors[axis]) = (sizes[i], (double)sizes[i] / size);
            // Scales are float32 in the file, and so is their product in ONNX Runtime.
            else (target[axis], factors[axis]) = ((long)MathF.Floor((float)scales![i] * size), scales[i]);
            if (!(factors[axis] > 0) || target[axis] < 1) throw node.Unsupported("has an invalid size");
        }
        node.Limit(target);
        for (var axis = 0; axis < target.Length; axis++)
        {
            if (target[axis] == x.shape[axis] && factors[axis] == 1) continue;
            node.Limit([.. x.shape[..axis], target[axis], .. x.shape[(axis + 1)..]]);
            x = Along(node, x, axis, target[axis], (float)factors[axis], mode, transformation, rounding);
        }
        return x;
    }

    private static Tensor Along(
        NodeCall node, Tensor x, int axis, long length, float scale, string mode, string transformation, string rounding)
    {
        var size = x.shape[axis];
        var places = Enumerable.Range(0, checked((int)length)).Select(i => Place(node, transformation, i, length, size, scale)).ToArray();
        switch (mode)
        {
            case "nearest":
                return Pick([.. places.Select(p => Nearest(node, rounding, p, scale))]);
            case "linear" or "bilinear":
                places = [.. places.Select(p => Math.Clamp(p, 0, size - 1))];
                var low = places.Select(p => (long)MathF.Floor(p)).ToArray();
                var share = Weights([.. places.Select((p, i) => p - low[i])]);
                return Pick(low) * (1 - share) + Pick([.. low.Select(p => p + 1)]) * share;
            case "cubic":
                return Cubic();
            default:
                throw node.Unsupported($"interpolates by {mode}");
        }

        Tensor Pick(long[] at) => x.index_select(axis, tensor([.. at.Select(p => Math.Clamp(p, 0, size - 1))], ScalarType.Int64, device: x.device));

        Tensor Weights(float[] weights)
        {
            long[] shape = [.. Enumerable.Repeat(1L, (int)x.dim())];
            shape[axis] = length;
            return tensor(weights, x.dtype, device: x.device).reshape(shape);
        }

        Tensor Cubic()
        {
            var a = (float)node.Float("cubic_coeff_a", -0.75);
            var isOutsideExcluded = node.Int("exclude_outside", 0) != 0;
            var first = places.Select(p => (long)MathF.Floor(p) - 1).ToArray();
            var taps = new float[4][];
            for (var t = 0; t < 4; t++) taps[t] = [.. places.Select((p, i) => Kernel(Math.Abs(p - (first[i] + t)), a))];
            if (isOutsideExcluded)
            {
                for (var i = 0; i < places.Length; i++)
                {
                    for (var t = 0; t < 4; t++) if (first[i] + t < 0 || first[i] + t >= size) taps[t][i] = 0;
                    var sum = taps.Sum(tap => tap[i]);
                    foreach (var tap in taps) tap[i] /= sum;
                }
            }
            return Enumerable.Range(0, 4).Select(t => Pick([.. first.Select(p => p + t)]) * Weights(taps[t])).Aggregate((y, z) => y + z);
        }
    }

    private static float Kernel(float distance, float a) => distance <= 1 ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
        : distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0;

    /// <summary>The place in the input, in float32 as ONNX Runtime computes it: at halves a rounding decides.</summary>
    private static float Place(NodeCall node, string transformation, int i, long length, long size, float scale) => transformation switch
    {
        "asymmetric" => i / scale,
        "half_pixel" => (i + 0.5f) / scale - 0.5f,
        "pytorch_half_pixel" => length > 1 ? (i + 0.5f) / scale - 0.5f : 0,
        "tf_half_pixel_for_nn" => (i + 0.5f) / scale,
        "align_corners" => length == 1 ? 0 : i * (float)(size - 1) / (length - 1),
        "half_pixel_symmetric" => HalfPixelSymmetric(i, length, size, scale),
        _ => throw node.Unsupported($"transforms coordinates by {transformation}"),
    };

    private static float HalfPixelSymmetric(int i, long length, long size, float scale)
    {
        var centre = size / 2f;
        return centre * (1 - length / (scale * size)) + (i + 0.5f) / scale - 0.5f;
    }

    private static long Nearest(NodeCall node, string rounding, float place, float scale) => (long)(rounding switch
    {
        "floor" => MathF.Floor(place),
        "ceil" => MathF.Ceiling(place),
        "round_prefer_floor" => MathF.Ceiling(place - 0.5f),
        "round_prefer_ceil" => MathF.Floor(place + 0.5f),
        // Of version 10.
        "simple" => scale < 1 ? MathF.Ceiling(place) : MathF.Truncate(place),
        _ => throw node.Unsupported($"rounds by {rounding}"),
    });

    private static Tensor GridSample(NodeCall node)
    {
        var (x, grid) = (node[0], node[1]);
        if (x.dim() != 4 || grid.dim() != 4) throw node.Unsupported($"of {x.dim()} dimensions");
        node.Limit([x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]]);
        var mode = node.Text("mode", "bilinear") switch
        {
            "bilinear" or "linear" => GridSampleMode.Bilinear,
            "nearest" => GridSampleMode.Nearest,
            var other => throw node.Unsupported($"interpolates by {other}"),
        };
        var padding = node.Text("padding_mode", "zeros") switch
        {
            "zeros" => GridSamplePaddingMode.Zeros,
            "border" => GridSamplePaddingMode.Border,
            _ => GridSamplePaddingMode.Reflection,
        };
        return F.grid_sample(x, grid, mode, padding, node.Int("align_corners", 0) != 0);
    }
}
