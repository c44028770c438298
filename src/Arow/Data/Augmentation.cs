namespace Arow.Data;

/// <summary>
/// Augments training images. Shifts (crops of the zero-padded image) and mirroring are applied to a whole batch in one gather;
/// RandAugment, Cutout and CutMix follow where set. The result for a sample depends only on its noise and, with CutMix, on the images
/// of its batch.
/// </summary>
/// <param name="Padding">Zero pixels added on each side before cropping; also the largest shift.</param>
/// <param name="Flip">Whether half of the images are mirrored left to right.</param>
/// <param name="ColourOnly">
/// Whether grey images are left unchanged. For folders of arbitrary images, where grey images are as likely as not characters or
/// scans.
/// </param>
public sealed record Augmentation(int Padding, bool Flip, bool ColourOnly = false)
{
    /// <summary>No augmentation.</summary>
    public static readonly Augmentation None = new(0, false);

    /// <summary>Random operations; null for none.</summary>
    public RandAugment? RandAugment { get; init; }

    /// <summary>Random square holes; null for none.</summary>
    public Cutout? Cutout { get; init; }

    /// <summary>Pasted windows of other images; null for none.</summary>
    public CutMix? CutMix { get; init; }

    /// <summary>
    /// Applies all augmentations. Returns pixels in [0, 1], [N, C, H, W], and labels: [N] int64, or [N, K] probabilities if images
    /// are mixed.
    /// </summary>
    /// <param name="images">[N, C, H, W], uint8.</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="classes">K.</param>
    /// <param name="noise">One row per image.</param>
    public (Tensor X, Tensor Y) Augment(Tensor images, Tensor labels, int classes, Noise noise)
    {
        using var scope = NewDisposeScope();
        var varied = ShiftAndFlip(images, noise);
        if (RandAugment is not null) varied = RandAugment.Apply(varied, noise.Stream("rand-augment"));
        var x = ImageSet.ToPixels(varied);
        if (Cutout is not null) x = Cutout.Apply(x, noise.Stream("cutout"));
        var (mixed, y) = CutMix?.Apply(x, labels, classes, noise.Stream("cutmix")) ?? (x, labels.alias());
        return (mixed.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
    }

    /// <summary>Shifts and mirrors a batch. The result has the data type of the input.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="noise">One row per image.</param>
    public Tensor ShiftAndFlip(Tensor images, Noise noise)
    {
        if ((Padding == 0 && !Flip) || (ColourOnly && images.shape[1] == 1)) return images.alias();
        using var scope = NewDisposeScope();
        var (n, h, w, device) = (images.shape[0], images.shape[2], images.shape[3], images.device);
        var draws = noise.Uniform(empty([n, 3], device: device));

        Tensor Shift(int draw) => (draws[.., draw] * (2 * Padding + 1)).floor().to(ScalarType.Int64).unsqueeze(1);
        var rows = Shift(0) + arange(h, device: device);
        var columns = arange(w, device: device).expand(n, w);
        if (Flip) columns = where(draws[.., 2].unsqueeze(1) < 0.5, w - 1 - columns, columns);
        columns = Shift(1) + columns;

        var padded = Padding > 0 ? F.pad(images, [Padding, Padding, Padding, Padding]) : images;
        return padded.permute(0, 2, 3, 1)
            .index(arange(n, device: device).reshape(n, 1, 1), rows.unsqueeze(2), columns.unsqueeze(1))
            .permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }
}
