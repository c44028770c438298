namespace Arow.Data;

/// <summary>
/// Street View House Numbers, cropped digits: <c>train_32x32.mat</c> and <c>test_32x32.mat</c>, with X [32, 32, 3, N] and y [N, 1],
/// where label 10 is the digit 0. Source: http://ufldl.stanford.edu/housenumbers.
/// </summary>
/// <param name="Files">Files that <c>arow data fetch</c> downloads: training, then test.</param>
public sealed record Svhn(IReadOnlyList<RemoteFile> Files) : IDataSet
{
    /// <inheritdoc/>
    public string Name => "svhn";

    /// <inheritdoc/>
    public string Title => "SVHN, house numbers, 32x32 colour, 10 classes, 73,257 + 26,032 images";

    /// <inheritdoc/>
    public Augmentation Augmentation => Augmentation.None;

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        var published = Files[split == Split.Train ? 0 : 1];
        var file = published.Name;
        folder = InputFile.RequireFolder(Name, folder, $"{Files[0].Name} and {Files[1].Name}", published);
        var path = DataSetFiles.SearchFolders(folder, Name).Select(place => Path.Combine(place, file)).FirstOrDefault(File.Exists)
            ?? throw DataSetFiles.MissingException(folder, file, Wording.Current.Download(Name, published.Address));

        var arrays = MatFile.Read(path, "X", "y");
        if (!arrays.TryGetValue("X", out var x) || !arrays.TryGetValue("y", out var y))
            throw new InputException($"{path}: lacks {(x is null ? "X, the images" : "y, the labels")}");
        if (x.Type != MatArray.UInt8 || x.Dimensions is not [32, 32, 3, var n])
            throw new InputException($"{path}: X is [{string.Join(", ", x.Dimensions)}] but must be bytes [32, 32, 3, N]");
        if (n == 0) throw new InputException($"{path}: has no images");
        var labelCount = y.Dimensions.Aggregate(1L, (product, d) => product * d);
        if (labelCount != n) throw new InputException($"{path}: has {labelCount} labels for {n} images");

        using var scope = NewDisposeScope();
        // The first dimension of the file, the row of a pixel, varies fastest. Transposed plane by plane to avoid a third copy in memory.
        var images = empty([n, 3, 32, 32], ScalarType.Byte);
        var pixels = images.bytes;
        for (var plane = 0; plane < x.Data.Length; plane += 32 * 32)
        {
            for (var i = 0; i < 32 * 32; i++) pixels[plane + i] = x.Data[plane + i % 32 * 32 + i / 32];
        }
        return new ImageSet(Name, images, tensor(ToLabels(path, y, (int)n)), PublicDataSets.Digits);
    }

    private static long[] ToLabels(string path, MatArray y, int count)
    {
        var labels = new long[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = y[i] is >= 1 and <= 10 && y[i] % 1 == 0 ? (long)y[i] % 10
                : throw new InputException($"{path}: label {y[i]} of image {i} is not in the range 1 to 10");
        }
        return labels;
    }
}
