namespace Arow;

/// <summary>Where an attack begins.</summary>
public enum Start
{
    /// <summary>At the image itself. A KL attack cannot leave it: the gradient is zero there.</summary>
    None,

    /// <summary>Uniformly in the ball (Madry et al. 2018; ARoW).</summary>
    Uniform,

    /// <summary>0.001 times a standard normal from the image (TRADES).</summary>
    Gaussian,
}
