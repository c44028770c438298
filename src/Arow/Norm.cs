namespace Arow;

/// <summary>How the size of a perturbation is measured, over all pixels and channels of an image.</summary>
public enum Norm
{
    /// <summary>The largest absolute change of a pixel.</summary>
    Linf,

    /// <summary>The Euclidean length.</summary>
    L2,

    /// <summary>The sum of absolute changes.</summary>
    L1,
}
