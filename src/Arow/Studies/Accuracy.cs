namespace Arow.Studies;

/// <summary>The kind of accuracy on test images to compare.</summary>
internal enum Accuracy
{
    /// <summary>Accuracy on clean images.</summary>
    Clean,

    /// <summary>Accuracy after all attacks of an evaluation.</summary>
    Robust,
}
