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

    /// <summary>How elements of the output are found in the input.</summary>
    private sealed record Sampling(string Mode, string Transformation, string Rounding)
    {
        /// <summary>Whether shrinking widens the filter, so that every element of the input has a share.</summary>
        public bool IsAntialiased { get; init; }

        /// <summary>How sizes keep the aspect ratio: <c>stretch</c> for not at all.</summary>
        public string AspectRatio { get; init; } = "stretch";

        /// <summary>Begin and end of a crop for each axis, as shares; null for none.</summary>
        public double[]? Crop { get; init; }
    }

    private static Tensor Upsample(NodeCall node)
    {
        var scales = node.Opset < 9 ? node.Floats("scales") ?? throw node.Unsupported("lacks its scales") : node.Numbers(1);
        return Apply(node, scales, null, Shapes.Axes(node[0].dim()), new Sampling(node.Text("mode", "nearest"), "asymmetric", "floor"));
    }

    private static Tensor Resize(NodeCall node)
    {
        var x = node[0];
        var mode = node.Text("mode", "nearest");
        if (node.Opset < 11) return Apply(node, node.Numbers(1), null, Shapes.Axes(x.dim()), new Sampling(mode, "asymmetric", "simple"));
        var sizes = node.Optional(3) is { } s && s.numel() > 0 ? node.Integers(3) : null;
        var scales = sizes is null ? node.Numbers(2) : null;
        var transformation = node.Text("coordinate_transformation_mode", "half_pixel");
        return Apply(node, scales, sizes, node.Ints("axes") ?? Shapes.Axes(x.dim()),
            new Sampling(mode, transformation, node.Text("nearest_mode", "round_prefer_floor"))
            {
                IsAntialiased = node.Int("antialias", 0) != 0,
                AspectRatio = node.Text("keep_aspect_ratio_policy", "stretch"),
                Crop = transformation == "tf_crop_and_resize" ? node.Numbers(1) : null,
            });
    }

    private static Tensor Apply(NodeCall node, double[]? scales, long[]? sizes, long[] axes, Sampling sampling)
    {
        var x = node[0];
        if ((scales?.Length ?? sizes!.Length) != axes.Length || (sampling.Crop is { } crop && crop.Length != 2 * axes.Length))
            throw node.Unsupported("has sizes that do not fit");
        var target = x.shape;
        var factors = Enumerable.Repeat(1.0, target.Length).ToArray();
        var crops = new (float Begin, float End)?[target.Length];
        var common = CommonScale(node, sampling, sizes, [.. axes.Select(a => target[node.Axis(a, target.Length)])]);
        foreach (var (i, given) in axes.Index())
        {
            var axis = node.Axis(given, target.Length);
            var size = target[axis];
            if (common is { } one) (target[axis], factors[axis]) = ((long)MathF.Round(one * size, MidpointRounding.AwayFromZero), one);
            else if (sizes is not null) (target[axis], factors[axis]) = (sizes[i], (double)sizes[i] / size);
            // Scales are float32 in the file, and so is their product in ONNX Runtime.
            else (target[axis], factors[axis]) = ((long)MathF.Floor((float)scales![i] * size), scales[i]);
            if (!(factors[axis] > 0) || target[axis] < 1) throw node.Unsupported("has an invalid size");
            if (sampling.Crop is { } shares) crops[axis] = ((float)shares[i], (float)shares[i + axes.Length]);
        }
        node.Limit(target);
        var outside = new Tensor?[target.Length];
        for (var axis = 0; axis < target.Length; axis++)
        {
            if (target[axis] == x.shape[axis] && factors[axis] == 1 && crops[axis] is null or (0, 1)) continue;
            node.Limit([.. x.shape[..axis], target[axis], .. x.shape[(axis + 1)..]]);
            (x, outside[axis]) = Along(node, x, axis, target[axis], (float)factors[axis], crops[axis], sampling);
        }
        if (sampling.Crop is null) return x;
        var value = node.Float("extrapolation_value", 0);
        foreach (var beyond in outside) if (beyond is not null) x = x.masked_fill(beyond, value);
        return x;
    }

    /// <summary>The one scale of all axes where the aspect ratio is kept; null where each has its own.</summary>
    private static float? CommonScale(NodeCall node, Sampling sampling, long[]? sizes, long[] from)
    {
        if (sizes is null || sampling.AspectRatio == "stretch" || sizes.Length == 0) return null;
        var scales = sizes.Zip(from, (to, size) => (float)to / size);
        return sampling.AspectRatio switch
        {
            "not_larger" => scales.Min(),
            "not_smaller" => scales.Max(),
            var other => throw node.Unsupported($"keeps the aspect ratio as {Printable.Escape(other)}"),
        };
    }

    /// <summary>Resizes one axis.</summary>
    /// <returns>The images, and which places are outside of them: null where a crop cannot lead out.</returns>
    private static (Tensor X, Tensor? Outside) Along(
        NodeCall node, Tensor x, int axis, long length, float scale, (float Begin, float End)? crop, Sampling sampling)
    {
        var (size, mode) = (x.shape[axis], sampling.Mode);
        var places = Enumerable.Range(0, checked((int)length))
            .Select(i => crop is { } part ? CropPlace(part, i, length, size) : Place(node, sampling.Transformation, i, length, size, scale))
            .ToArray();
        var outside = crop is null ? null
            : tensor([.. places.Select(p => p < 0 || p > size - 1)], ScalarType.Bool, device: x.device).reshape(Broadcast());
        var a = (float)node.Float("cubic_coeff_a", -0.75);
        var isOutsideExcluded = node.Int("exclude_outside", 0) != 0;
        if (sampling.IsAntialiased && mode != "nearest")
        {
            var (radius, filter) = mode switch
            {
                "linear" or "bilinear" => (1f, (Func<float, float>)(d => Math.Max(0, 1 - d))),
                "cubic" => (2f, d => Kernel(d, a)),
                _ => throw node.Unsupported($"interpolates by {Printable.Escape(mode)}"),
            };
            return (Antialiased(node, x, axis, places, Math.Min(scale, 1), radius, filter, isOutsideExcluded), outside);
        }
        switch (mode)
        {
            case "nearest":
                return (Pick([.. places.Select(p => Nearest(node, sampling.Rounding, p, scale))]), outside);
            case "linear" or "bilinear":
                places = [.. places.Select(p => Math.Clamp(p, 0, size - 1))];
                var low = places.Select(p => (long)MathF.Floor(p)).ToArray();
                var share = Weights([.. places.Select((p, i) => p - low[i])]);
                return (Pick(low) * (1 - share) + Pick([.. low.Select(p => p + 1)]) * share, outside);
            case "cubic":
                return (Cubic(), outside);
            default:
                throw node.Unsupported($"interpolates by {Printable.Escape(mode)}");
        }

        Tensor Pick(long[] at) => x.index_select(axis, tensor([.. at.Select(p => Math.Clamp(p, 0, size - 1))], ScalarType.Int64, device: x.device));

        long[] Broadcast()
        {
            long[] shape = [.. Enumerable.Repeat(1L, (int)x.dim())];
            shape[axis] = length;
            return shape;
        }

        Tensor Weights(float[] weights) => tensor(weights, x.dtype, device: x.device).reshape(Broadcast());

        Tensor Cubic()
        {
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

    /// <summary>
    /// A matrix of shares: those of the elements around each place, as far as the widened filter reaches. What lies outside is the edge,
    /// or has no share.
    /// </summary>
    private static Tensor Antialiased(
        NodeCall node, Tensor x, int axis, float[] places, float shrink, float radius, Func<float, float> filter, bool isOutsideExcluded)
    {
        var size = x.shape[axis];
        node.Limit(places.Length, size);
        var shares = new float[places.Length * size];
        for (var i = 0; i < places.Length; i++)
        {
            var (from, to) = ((long)MathF.Floor(places[i] + 1 - radius / shrink), (long)MathF.Floor(places[i] + 1 + radius / shrink));
            var row = shares.AsSpan((int)(i * size), (int)size);
            for (var j = from; j < to; j++)
            {
                if (isOutsideExcluded && (j < 0 || j >= size)) continue;
                row[(int)Math.Clamp(j, 0, size - 1)] += filter(Math.Abs((j - places[i]) * shrink));
            }
            var sum = 0f;
            foreach (var share in row) sum += share;
            for (var j = 0; j < row.Length; j++) row[j] /= sum;
        }
        var matrix = tensor(shares, x.dtype, device: x.device).reshape(places.Length, size);
        return x.transpose(axis, -1).matmul(matrix.t()).transpose(axis, -1);
    }

    private static float CropPlace((float Begin, float End) crop, int i, long length, long size) =>
        length > 1 ? crop.Begin * (size - 1) + i * (crop.End - crop.Begin) * (size - 1) / (length - 1) : 0.5f * (crop.Begin + crop.End) * (size - 1);

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
        _ => throw node.Unsupported($"transforms coordinates by {Printable.Escape(transformation)}"),
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
        _ => throw node.Unsupported($"rounds by {Printable.Escape(rounding)}"),
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
