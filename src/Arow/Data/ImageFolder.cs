namespace Arow.Data;

/// <summary>
/// Any images: a folder, or an archive (.zip, .tar, .tar.gz, .tar.bz2), of class folders with PNG or JPEG images of one size, below <c>train/</c> and
/// <c>test/</c>, or, without these, divided class by class by a seed. They may lie below one folder more. Labels follow
/// the names of the class folders, images those of the files, both in ordinal order. The set is grey if no image of
/// either half shows a colour.
/// </summary>
/// <param name="TestPercent">How many of each class are for testing where there is no test/, 1 to 99.</param>
/// <param name="DivisionSeed">
/// Draws them. It is not the seed of the run: models of different runs are to be measured on the same images.
/// </param>
public sealed record ImageFolder(int TestPercent = 20, long DivisionSeed = 0) : IDataSet
{
    /// <inheritdoc/>
    public string Name => "folder";

    /// <inheritdoc/>
    public string Title => "your own images: class folders with PNG or JPEG files, or an archive of them";

    /// <inheritdoc/>
    public Augmentation Augmentation { get; } = new(4, Flip: true, ColourOnly: true);

    /// <inheritdoc/>
    public IReadOnlyList<RemoteFile> Files => [];

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        using var files = FolderFiles.Open(Name, folder);
        var (train, test, classes) = FolderLayout.Of(files.Root, [.. files.Files.Keys], TestPercent, DivisionSeed);
        var (wanted, others) = split == Split.Train ? (train, test) : (test, train);
        if (wanted.Length == 0) throw new InputException($"{files.Root}: has too few images of each class to set some aside for testing");

        var pictures = new PictureStack(files, [.. wanted, .. others]);
        using var scope = NewDisposeScope();
        var images = pictures.Decode(wanted.Length);
        var numbers = classes.Index().ToDictionary(c => c.Item, c => (long)c.Index);
        return new ImageSet(Name, images, tensor(wanted.Select(image => numbers[image.Class]).ToArray()), classes);
    }
}
