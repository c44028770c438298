namespace Arow.Data;

/// <summary>Content of an .npz file.</summary>
/// <param name="Images">[N, C, H, W], uint8.</param>
/// <param name="Labels">[N], int64; null if there are none.</param>
/// <param name="Remarks">What was chosen or converted, one line each.</param>
internal sealed record NpzImages(Tensor Images, Tensor? Labels, IReadOnlyList<string> Remarks)
{
    /// <summary>Whether the labels are strings in the file, mapped to class names.</summary>
    public bool ByName { get; init; }

    /// <summary>Whether the name of the images contains their split.</summary>
    public bool IsOfSplit { get; init; }
}
