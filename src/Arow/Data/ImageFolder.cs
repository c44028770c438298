namespace Arow.Data;

/// <summary>
/// Arbitrary images: a folder or an archive (.zip, .tar, .tar.gz, .tar.bz2) of class folders with images of one size,
/// below <c>train/</c>, <c>val/</c> and <c>test/</c> as <see cref="FolderLayout"/> reads them, or split class by class by a seed if
/// there are none. They may be below other folders. Labels follow the names of the class folders, images the names of the files, both
/// in ordinal order. The set is grey if no image of any split has colour.
/// </summary>
/// <param name="TestPercent">Percentage of each class for testing if there is no test/, 1 to 99.</param>
/// <param name="SplitSeed">
/// Seed of the split. It is not the seed of the run, so that models of different runs are tested on the same images.
/// </param>
public sealed record ImageFolder(int TestPercent = 20, long SplitSeed = 0) : IDataSet
{
    /// <inheritdoc/>
    public string Name => "folder";

    /// <inheritdoc/>
    public string Title => "your own images: class folders with pictures (PNG, JPEG, WebP, BMP, GIF, TIFF), or an archive of them";

    /// <inheritdoc/>
    public Augmentation Augmentation { get; } = new(4, Flip: true, ColourOnly: true);

    /// <inheritdoc/>
    public IReadOnlyList<RemoteFile> Files => [];

    /// <summary>Size that images are brought to, as <c>arow data resize</c> does; null for images of one size, as they are.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>Folder that keeps the resized images; null to keep none. By default a folder in the user's cache.</summary>
    public string? CacheFolder { get; init; } = ResizedPictures.DefaultFolder;

    /// <summary>Whether damaged images are left out and named; otherwise they are an error.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Whether all images of a folder without splits are test images; otherwise a part of each class.</summary>
    internal bool TestsWhole { get; init; }

    /// <inheritdoc/>
    public IDataSet Resized(ImageSize size) => this with { Size = size };

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        if (PackedImages.Find(folder, Size) is { } packed) return packed.Load(Name, split, TestsWhole);
        if (ImageArrays.IsArrays(folder)) return ImageArrays.Load(Name, folder!, split);
        using var files = Open(folder);
        var layout = CreateLayout(files);
        var (selected, missing) = split == Split.Train
            ? (layout.Train, "has no training images")
            : (layout.Test, $"has too few images of each class to set some aside for testing: {TestPercent} % of a class is one image of "
                + $"{(99 / TestPercent) + 1}");
        return selected.Length > 0 ? Read(files, layout, selected)
            : throw new InputException($"{files.Root}: {missing}{(layout.Remark is { } remark && split == Split.Train ? $": {remark}" : "")}");
    }

    /// <inheritdoc/>
    public ImageSet? LoadValidation(string? folder)
    {
        if (PackedImages.Find(folder, Size) is { } packed) return packed.LoadValidation(Name);
        if (ImageArrays.IsArrays(folder)) return null;
        using var files = Open(folder);
        var layout = CreateLayout(files);
        return layout.Validation.Length == 0 ? null : Read(files, layout, layout.Validation);
    }

    /// <inheritdoc/>
    public IEnumerable<(string Split, ImageSet Images)> LoadAll(string? folder)
    {
        if (PackedImages.Find(folder, Size) is { } packed)
        {
            if (packed.Pack.Footer.Train > 0) yield return ("train", packed.Load(Name, Split.Train, whole: false));
            if (packed.LoadValidation(Name) is { } selecting) yield return ("validation", selecting);
            if (packed.Pack.Footer.Test > 0) yield return ("test", packed.Load(Name, Split.Test, whole: false));
            yield break;
        }
        if (ImageArrays.IsArrays(folder))
        {
            yield return ("test", ImageArrays.Load(Name, folder!, Split.Test));
            yield break;
        }
        using var files = Open(folder);
        var layout = CreateLayout(files);
        foreach (var (split, images) in ((string, FolderImage[])[])[("train", layout.Train), ("validation", layout.Validation),
            ("test", layout.Test)])
        {
            if (images.Length > 0) yield return (split, Read(files, layout, images));
        }
    }

    /// <summary>Whether no folder says which images are for training and which for testing.</summary>
    /// <exception cref="InputException">As <see cref="Load(Split, string?)"/>.</exception>
    internal bool IsUndivided(string? folder)
    {
        if (PackedImages.Find(folder, Size) is { } packed) return packed.Pack.Footer.IsUndivided;
        if (ImageArrays.IsArrays(folder)) return false;
        using var files = Open(folder);
        return CreateLayout(files).IsUndivided;
    }

    /// <summary>Opens the folder; pictures that are resized have the names, and so the order, that they have in a resized folder.</summary>
    private FolderFiles Open(string? folder)
    {
        var files = FolderFiles.Open(Name, folder);
        return Size is null ? files : files.AsResized();
    }

    private FolderLayout CreateLayout(FolderFiles files)
    {
        files.RequireImages();
        var layout = FolderLayout.FromPaths(files.Root, [.. files.Files.Keys], TestPercent, SplitSeed, TestsWhole);
        files.Skipped.RequireNoEmptiedClass(files.Root, layout.All.Select(image => image.ClassFolder).ToHashSet());
        return layout;
    }

    private ImageSet Read(FolderFiles files, FolderLayout layout, FolderImage[] selected)
    {
        // All images determine size and colour.
        var others = ((FolderImage[][])[layout.Train, layout.Validation, layout.Test]).Where(split => split != selected).SelectMany(split => split);
        var resized = Size is { } size ? new ResizedPictures(size, CacheFolder) : null;
        var pictures = new PictureStack(files, [.. selected, .. others], resized, SkipDamaged);
        using var scope = NewDisposeScope();
        var images = pictures.Decode(selected.Length);
        resized?.TellUse();
        if (pictures.Damaged.Count > 0)
        {
            var kept = pictures.Kept.ToArray();
            if (selected.Select(image => image.Class).Except(kept.Select(image => image.Class)).FirstOrDefault() is { } emptied)
                throw new InputException($"{files.Root}: all images of {emptied}/ are damaged ({pictures.Damaged.Example})");
            selected = kept;
        }
        var numbers = layout.Classes.Index().ToDictionary(c => c.Item, c => (long)c.Index);
        return new ImageSet(Name, images, tensor(selected.Select(image => numbers[image.Class]).ToArray()), layout.Classes)
        {
            Origin = new ImageOrigin([.. selected.Select(image => files.OriginalName(image.Path))], pictures.GetStatistics(images), files.Skipped)
            {
                Remarks =
                [
                    .. files.Remarks, .. layout.Remark is { } assumed ? (string[])[assumed] : [],
                    .. resized is null ? (string[])[] : [resized.ToString()],
                ],
                Ambiguities = layout.Ambiguities, Damaged = pictures.Damaged,
                UnreadFolders = files.Skipped.UnreadFolders(files.Files.Keys), EmptyFolders = files.Skipped.EmptyFolders,
            },
        };
    }
}
