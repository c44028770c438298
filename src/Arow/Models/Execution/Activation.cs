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
}

internal static class Activations
{
    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => F.relu(x),
        Activation.LeakyRelu => F.leaky_relu(x, 0.1),
        _ => F.silu(x),
    };

    /// <summary>Applies the activation in the memory of x where that saves any. In-place SiLU would break its own gradient.</summary>
    public static Tensor ApplyInPlace(this Activation activation, Tensor x) => activation switch
    {
        Activation.Relu => x.relu_(),
        Activation.LeakyRelu => F.leaky_relu(x, 0.1, inplace: true),
        _ => F.silu(x),
    };
}
