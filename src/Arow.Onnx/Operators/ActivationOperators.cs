namespace Arow.Onnx.Operators;

/// <summary>Activations.</summary>
internal static class ActivationOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["Relu"] = n => n[0].relu(),
        ["LeakyRelu"] = n => F.leaky_relu(n[0], n.Float("alpha", 0.01)),
        ["PRelu"] = PRelu,
        ["ThresholdedRelu"] = n => where(n[0] > n.Float("alpha", 1), n[0], zeros_like(n[0])),
        ["Elu"] = n => F.elu(n[0], n.Float("alpha", 1)),
        ["Selu"] = n => n.Float("gamma", 1.05070102214813232421875) * F.elu(n[0], n.Float("alpha", 1.67326319217681884765625)),
        ["Celu"] = n => F.celu(n[0], n.Float("alpha", 1)),
        ["Softplus"] = n => n[0].logaddexp(zeros_like(n[0])),
        ["Softsign"] = n => n[0] / (1 + n[0].abs()),
        ["Sigmoid"] = n => n[0].sigmoid(),
        ["HardSigmoid"] = n => (n[0] * n.Float("alpha", 0.2) + n.Float("beta", 0.5)).clamp(0, 1),
        ["HardSwish"] = n => n[0] * (n[0] / 6 + 0.5).clamp(0, 1),
        ["Mish"] = n => n[0] * n[0].logaddexp(zeros_like(n[0])).tanh(),
        ["Gelu"] = Gelu,
        ["Shrink"] = Shrink,
        ["Softmax"] = n => Softmax(n, (x, axis) => F.softmax(x, axis)),
        ["LogSoftmax"] = n => Softmax(n, (x, axis) => F.log_softmax(x, axis)),
    };

    private static Tensor PRelu(NodeCall node)
    {
        node.LimitBroadcast(node[0], node[1]);
        return where(node[0] < 0, node[0] * node[1], node[0]);
    }

    private static Tensor Gelu(NodeCall node)
    {
        var x = node[0];
        var root = Math.Sqrt(node.Text("approximate", "none") == "none" ? 0.5 : 2 / Math.PI);
        return node.Text("approximate", "none") == "none" ? 0.5 * x * (1 + (root * x).erf())
            : 0.5 * x * (1 + (root * (x + 0.044715 * x * x * x)).tanh());
    }

    private static Tensor Shrink(NodeCall node)
    {
        var (x, limit, bias) = (node[0], node.Float("lambd", 0.5), node.Float("bias", 0));
        return where(x > limit, x - bias, where(x < -limit, x + bias, zeros_like(x)));
    }

    /// <summary>Before version 13 all axes from the given one on are one.</summary>
    private static Tensor Softmax(NodeCall node, Func<Tensor, long, Tensor> f)
    {
        var x = node[0];
        if (node.Opset >= 13) return f(x, node.Axis(node.Int("axis", -1), x.dim()));
        var axis = node.Axis(node.Int("axis", 1), x.dim());
        return f(x.reshape(Shapes.Product(x.shape[..axis]), Shapes.Product(x.shape[axis..])), 1).reshape(x.shape);
    }
}
