namespace Arow.Onnx.Operators;

/// <summary>Normalization by statistics, of the training images or of each image.</summary>
internal static class NormalizationOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["BatchNormalization"] = BatchNormalization,
        ["InstanceNormalization"] = node => F.group_norm(node[0], node[1].numel(), node[1], node[2], node.Float("epsilon", 1e-5)),
        ["GroupNormalization"] = GroupNormalization,
        ["LRN"] = LocalResponse,
        ["LpNormalization"] = LpNormalization,
        ["MeanVarianceNormalization"] = MeanVariance,
    };

    /// <summary>Operators with several outputs.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor[]>> Lists = new Dictionary<string, Func<NodeCall, Tensor[]>>
    {
        ["LayerNormalization"] = LayerNormalization,
    };

    private static Tensor BatchNormalization(NodeCall node)
    {
        if (node.Int("spatial", 1) != 1) throw node.Unsupported("normalises each pixel by itself");
        // Some networks standardise their weights by it; of images, the result would depend on the others of a batch.
        // Before version 14 it is the other outputs that say so.
        var isTraining = node.Opset >= 14 ? node.Int("training_mode", 0) != 0 : node.OutputCount > 1;
        if (isTraining && !node.IsFolding) throw node.Unsupported("is in training mode");
        if (isTraining) return F.batch_norm(node[0], null, null, node[1], node[2], true, 0.1, node.Float("epsilon", 1e-5));
        return F.batch_norm(node[0], node[3], node[4], node[1], node[2], false, 0.1, node.Float("epsilon", 1e-5));
    }

    /// <summary>The mean and the inverse deviation follow, where they are asked for.</summary>
    private static Tensor[] LayerNormalization(NodeCall node)
    {
        var (x, epsilon) = (node[0], node.Float("epsilon", 1e-5));
        var axis = node.Axis(node.Int("axis", -1), x.dim());
        var y = LayerNormalization(node, x.shape[axis..], epsilon);
        if (node.OutputCount < 2) return [y];
        long[] axes = Shapes.Axes(x.dim(), axis);
        var mean = x.mean(axes, true);
        return [y, mean, ((x - mean).square().mean(axes, true) + epsilon).rsqrt()];
    }

    private static Tensor LayerNormalization(NodeCall node, long[] shape, double epsilon)
    {
        var (x, scale, bias) = (node[0], node[1], node.Optional(2));
        if (scale.shape.AsSpan().SequenceEqual(shape) && bias?.shape.AsSpan().SequenceEqual(shape) != false)
            return F.layer_norm(x, shape, scale, bias, epsilon);
        var y = F.layer_norm(x, shape, null, null, epsilon);
        node.LimitBroadcast(y, scale);
        y *= scale;
        if (bias is null) return y;
        node.LimitBroadcast(y, bias);
        return y + bias;
    }

    /// <summary>Before version 21 there is one scale for a group.</summary>
    private static Tensor GroupNormalization(NodeCall node)
    {
        var (x, scale, bias, groups) = (node[0], node[1], node[2], node.Int("num_groups", 1));
        if (x.dim() < 2 || groups < 1 || x.shape[1] % groups != 0) throw node.Unsupported("has groups that do not divide the channels");
        if (node.Opset < 21)
        {
            var each = x.shape[1] / groups;
            (scale, bias) = (scale.repeat_interleave(each), bias.repeat_interleave(each));
        }
        return F.group_norm(x, groups, scale, bias, node.Float("epsilon", 1e-5));
    }

    private static Tensor LocalResponse(NodeCall node)
    {
        var (x, size) = (node[0], node.Int("size", 1));
        if (x.dim() < 3 || size is < 1 or > 1 << 16) throw node.Unsupported("has an invalid size");
        var squares = x.square().reshape(x.shape[0], 1, x.shape[1], -1);
        var padded = F.pad(squares, [0, 0, (size - 1) / 2, size / 2], PaddingModes.Constant, 0);
        var mean = F.avg_pool2d(padded, [size, 1], [1, 1]).reshape(x.shape);
        return x / (node.Float("bias", 1) + node.Float("alpha", 1e-4) * mean).pow(node.Float("beta", 0.75));
    }

    private static Tensor LpNormalization(NodeCall node)
    {
        var (x, p) = (node[0], node.Int("p", 2));
        return x / linalg.vector_norm(x, p, [node.Axis(node.Int("axis", -1), x.dim())], true);
    }

    private static Tensor MeanVariance(NodeCall node)
    {
        var x = node[0];
        long[] axes = [.. (node.Ints("axes") ?? [0, 2, 3]).Select(a => (long)node.Axis(a, x.dim()))];
        var centred = x - x.mean(axes, true);
        return centred / (centred.square().mean(axes, true).sqrt() + 1e-9);
    }
}
