using TorchSharp.Modules;

namespace Arow.Tests.Unit.Models;

/// <summary>
/// What computing in bfloat16 costs, by hand: libtorch's own modules in float32 with each layer's weights and results rounded to bfloat16, and
/// their gradients too. It shares nothing with the fast forms but where they round, and takes part in whatever magnifies a rounding: their
/// errors are to be of its size, on any processor.
/// </summary>
/// <param name="folded">Whether batch norm is folded into the weights before they are rounded, as where a network stands still.</param>
internal sealed class RoundedLayers(bool folded) : ILayerExecutor
{
    public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images) => Convolution(convolution, norm, images);

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        Tensor weight = convolution.weight!;
        Tensor? bias = convolution.bias;
        if (folded && norm is not null)
        {
            var scale = Scale(norm);
            bias = norm.bias! - (bias is null ? norm.running_mean! : norm.running_mean! - bias) * scale;
            weight = weight * scale.reshape(-1, 1, 1, 1);
            norm = null;
        }
        var y = F.conv2d(x, Rounded(weight), bias is null ? null! : Rounded(bias), convolution.stride!, convolution.padding!,
            groups: convolution.groups);
        return norm is null ? Rounded(y) : Normalize(norm, Rounded(y));
    }

    public Tensor Normalize(BatchNorm2d norm, Tensor x)
    {
        if (!folded) return Rounded(norm.call(x));
        var scale = Scale(norm);
        Tensor Constant(Tensor t) => Rounded(t.reshape(1, -1, 1, 1));
        return Rounded(Rounded(x * Constant(scale)) + Constant(norm.bias! - norm.running_mean! * scale));
    }

    public Tensor Activate(Activation activation, Tensor x) => Rounded(activation.Apply(x));

    public Tensor ActivateAndPool(Tensor x) => F.max_pool2d(F.relu(x), 2, 2);

    public Tensor Add(Tensor x, Tensor y) => Rounded(x + y);

    public Tensor Linear(Linear linear, Tensor x) =>
        Rounded(F.linear(x, Rounded(linear.weight!), linear.bias is null ? null! : Rounded(linear.bias)));

    public Tensor Dropout(Dropout dropout, Tensor x) => dropout.call(x);

    public Tensor Logits(Linear linear, Tensor x) => linear.call(x);

    private static Tensor Scale(BatchNorm2d norm) => norm.weight! / (norm.running_var! + norm.eps).sqrt();

    /// <summary>Rounded on the way forth, and its gradient on the way back.</summary>
    private static Tensor Rounded(Tensor x) => x.to(ScalarType.BFloat16).to(ScalarType.Float32);
}
