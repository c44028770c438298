namespace Arow.Data;

/// <summary>
/// How training images are varied: shifted by cutting the image out of a padded one, and mirrored. A whole batch at once,
/// in one gather; what happens to a sample depends on nothing but its noise.
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

    /// <summary>The varied batch, of the type of the given one.</summary>
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
