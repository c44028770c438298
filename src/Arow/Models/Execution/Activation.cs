namespace Arow.Models.Execution;

/// <summary>The nonlinearity of a network.</summary>
internal enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x above 0, 0.1 x below.</summary>
    LeakyRelu,

    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · Φ(x), with the normal distribution's Φ.</summary>
    Gelu,

    /// <summary>max(x, 0), at most 6.</summary>
    Relu6,
}

internal static class Activations
{
    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => F.relu(x),
        Activation.LeakyRelu => F.leaky_relu(x, 0.1),
        Activation.Gelu => F.gelu(x),
        Activation.Relu6 => F.relu6(x),
        _ => F.silu(x),
    };

    /// <summary>Applies the activation in the memory of x where that saves any. In-place SiLU or GELU would break their own gradients.</summary>
    public static Tensor ApplyInPlace(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => x.relu_(),
        Activation.LeakyRelu => F.leaky_relu(x, 0.1, inplace: true),
        Activation.Gelu => F.gelu(x),
        Activation.Relu6 => F.relu6(x, inplace: true),
        _ => F.silu(x),
    };
}
