namespace Arow.Attacks;

/// <summary>Which version of an attack to run where its published code deviates from the published algorithm.</summary>
public enum Fidelity
{
    /// <summary>The algorithm: each image is attacked independently, and the best point found is returned.</summary>
    Corrected,

    /// <summary>
    /// The published code, with the deviations that decide which images it breaks. Use it with <see cref="Noise.Published"/>,
    /// which draws random numbers in the order of that code.
    /// </summary>
    Published,
}
