namespace Arow.Data;

/// <summary>
/// How training images are varied: shifted by cutting the image out of a padded one, and mirrored, a whole batch at once in
/// one gather; then what is asked for beside that. What happens to a sample depends on nothing but its noise, and with
/// CutMix on the images of its batch.
/// </summary>
/// <param name="Padding">Zero pixels put around before cutting; shifts are up to as many.</param>
/// <param name="Flip">Whether half of the images are mirrored left to right.</param>
/// <param name="ColourOnly">
/// Leave grey images as they are: for folders of any images, where grey ones are as likely as not characters or scans.
/// </param>
public sealed record Augmentation(int Padding, bool Flip, bool ColourOnly = false)
{
    /// <summary>Images stay as they are.</summary>
    public static readonly Augmentation None = new(0, false);

    /// <summary>Random operations; null for none.</summary>
    public RandAugment? RandAugment { get; init; }

    /// <summary>Holes in the images; null for none.</summary>
    public Cutout? Cutout { get; init; }

    /// <summary>Pieces of other images; null for none.</summary>
    public CutMix? CutMix { get; init; }

    /// <summary>Everything: pixels in [0, 1] [N, C, H, W], and labels, [N] int64 or, where images are mixed, [N, K] probabilities.</summary>
    /// <param name="images">[N, C, H, W], uint8.</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="classes">K.</param>
    /// <param name="noise">One row for each image.</param>
    public (Tensor X, Tensor Y) Vary(Tensor images, Tensor labels, int classes, Noise noise)
    {
        using var scope = NewDisposeScope();
        var varied = Apply(images, noise);
        if (RandAugment is not null) varied = RandAugment.Apply(varied, noise.Stream("rand-augment"));
        var x = ImageSet.Pixels(varied);
        if (Cutout is not null) x = Cutout.Apply(x, noise.Stream("cutout"));
        var (mixed, y) = CutMix?.Apply(x, labels, classes, noise.Stream("cutmix")) ?? (x, labels.alias());
        return (mixed.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
    }

    /// <summary>The batch, shifted and mirrored, of the type of the given one.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="noise">One row for each image.</param>
    public Tensor Apply(Tensor images, Noise noise)
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
