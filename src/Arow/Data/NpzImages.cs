namespace Arow.Data;

/// <summary>What an .npz file holds.</summary>
/// <param name="Images">[N, C, H, W], uint8.</param>
/// <param name="Labels">[N], int64; null if there are none.</param>
/// <param name="Remarks">What was chosen or converted, a line each.</param>
internal sealed record NpzImages(Tensor Images, Tensor? Labels, IReadOnlyList<string> Remarks)
{
    /// <summary>Whether the labels are texts in the file, which were found among the names of the classes.</summary>
    public bool ByName { get; init; }
}
