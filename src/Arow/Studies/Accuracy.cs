namespace Arow.Studies;

/// <summary>Which accuracy on test images is compared.</summary>
internal enum Accuracy
{
    /// <summary>Of images as they are.</summary>
    Clean,

    /// <summary>Of images after all attacks of an evaluation.</summary>
    Robust,
}
