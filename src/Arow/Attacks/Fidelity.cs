namespace Arow.Attacks;

/// <summary>Which writing of an attack is followed where its published code departs from the algorithm that it is meant to be.</summary>
public enum Fidelity
{
    /// <summary>The algorithm: each image is attacked by itself, and the best point that was met comes back.</summary>
    Corrected,

    /// <summary>
    /// The published code, with the quirks that decide which images it breaks: to be used with <see cref="Noise.Published"/>, which draws as that code
    /// draws.
    /// </summary>
    Published,
}
