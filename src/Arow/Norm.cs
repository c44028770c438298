namespace Arow;

/// <summary>The norm of a perturbation, over all pixels and channels of an image.</summary>
/// <example>
/// <code>
/// var threat = new ThreatModel(Norm.L2, Ratio.FromFraction(128, 255));
/// </code>
/// </example>
public enum Norm
{
    /// <summary>The largest absolute change of a pixel.</summary>
    Linf,

    /// <summary>The Euclidean norm.</summary>
    L2,

    /// <summary>The sum of absolute changes.</summary>
    L1,
}
