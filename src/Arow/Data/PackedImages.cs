namespace Arow.Data;

/// <summary>Reads the splits of a file of packed images as <see cref="ImageFolder"/> reads those of the folder it was made of.</summary>
/// <param name="Path">The file.</param>
/// <param name="Pack">Its content.</param>
internal sealed record PackedImages(string Path, ImagePack Pack)
{
    /// <summary>Opens a file of packed images; null for anything else.</summary>
    /// <param name="path">A path as given by the user.</param>
    /// <param name="size">The requested size; null for that of the file.</param>
    /// <exception cref="InputException">The file is damaged, or its images have another size.</exception>
    public static PackedImages? Find(string? path, ImageSize? size)
    {
        if (!ImagePack.IsPack(path)) return null;
        var pack = ImagePack.Open(path!);
        if (size is { } requested && (requested.Width, requested.Height) != (pack.Footer.Width, pack.Footer.Height))
            throw new InputException($"{path}: its images were packed as {pack.Footer.Width}x{pack.Footer.Height}, not {requested}");
        return new PackedImages(path!, pack);
    }

    /// <summary>Loads a split; pixels stay in the file.</summary>
    /// <param name="set">Name of the data set.</param>
    /// <param name="split">The split.</param>
    /// <param name="whole">Whether all images of a folder without splits are test images.</param>
    /// <exception cref="InputException">The split has no images, or the file is damaged.</exception>
    public ImageSet Load(string set, Split split, bool whole)
    {
        var f = Pack.Footer;
        if (split == Split.Test && whole && f.IsUndivided) return LoadWhole(set);
        var (first, count) = split == Split.Train ? (0, f.Train) : (f.Train + f.Validation, f.Test);
        return count > 0 ? Load(set, [.. Enumerable.Range(first, count)], f.Remarks)
            : throw new InputException($"{Path}: has no {(split == Split.Train ? "training" : "test")} images");
    }

    /// <summary>Loads the validation images; null if there are none.</summary>
    /// <param name="set">Name of the data set.</param>
    public ImageSet? LoadValidation(string set) => Pack.Footer is { Validation: > 0 } f
        ? Load(set, [.. Enumerable.Range(f.Train, f.Validation)], f.Remarks) : null;

    private ImageSet LoadWhole(string set)
    {
        var labels = Pack.ReadLabels();
        var names = Pack.ReadNames();
        // In the order of the folder.
        int[] rows = [.. Enumerable.Range(0, labels.Length).OrderBy(i => labels[i]).ThenBy(i => names[i], StringComparer.Ordinal)];
        return Load(set, rows, ["there is no test folder: all images are test images"]);
    }

    private ImageSet Load(string set, int[] rows, IReadOnlyList<string> remarks)
    {
        var (labels, names) = (Pack.ReadLabels(), Pack.ReadNames());
        using var scope = NewDisposeScope();
        return new ImageSet(
            set, Pack, tensor(rows.Select(i => (long)i).ToArray(), device: CPU), tensor(rows.Select(i => (long)labels[i]).ToArray(), device: CPU),
            Pack.Footer.Classes)
        {
            Origin = new ImageOrigin(new Selected(names, rows), new PictureStatistics(default, default, default, default, 0, default),
                new SkippedFiles())
            {
                Remarks = remarks,
            },
        };
    }

    /// <summary>Some of the names.</summary>
    private sealed class Selected(ImagePackNames names, int[] rows) : IReadOnlyList<string>
    {
        public int Count => rows.Length;

        public string this[int index] => names[rows[index]];

        public IEnumerator<string> GetEnumerator() => rows.Select(row => names[row]).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
