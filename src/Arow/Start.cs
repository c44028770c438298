namespace Arow;

/// <summary>The start of an attack.</summary>
public enum Start
{
    /// <summary>The image itself. A KL attack cannot leave it: the gradient is zero there.</summary>
    None,

    /// <summary>A uniform point of the ball (Madry et al. 2018; ARoW).</summary>
    Uniform,

    /// <summary>The image plus 0.001 times a standard normal (TRADES).</summary>
    Gaussian,
}
