namespace Arow.Data;

/// <summary>
/// Images and labels in NumPy's formats: an .npz file (<see cref="Npz"/>), or an .npy file of images with one of labels beside it, such
/// as <c>x_test.npy</c> and <c>y_test.npy</c>. Arrays whose names say no split are test images.
/// </summary>
internal static class ImageArrays
{
    private const long MaxClasses = 100_000;

    /// <summary>Whether a path is such a file, by its extension.</summary>
    public static bool IsArrays(string? path) => path is not null && File.Exists(path)
        && Path.GetExtension(path).ToLowerInvariant() is ".npz" or ".npy";

    /// <summary>Loads a split.</summary>
    /// <param name="set">Name of the data set.</param>
    /// <param name="path">The file.</param>
    /// <param name="split">The split.</param>
    /// <exception cref="InputException">There are no such images, they have no labels, or an array is damaged.</exception>
    public static ImageSet Load(string set, string path, Split split)
    {
        var isZip = Path.GetExtension(path).Equals(".npz", StringComparison.OrdinalIgnoreCase);
        var names = isZip ? Npz.ReadClasses(path) : null;
        using var scope = NewDisposeScope();
        var found = isZip ? Npz.Read(path, split, null, names ?? [], All) : Npz.ReadFiles(path, split, names ?? [], All);
        if (split == Split.Train && !found.IsOfSplit) throw new InputException(
            $"{path}: has no training images: arrays whose names say no split are test images");
        if (found.Labels is not { } labels) throw new InputException($"{path}: has images and no labels, such as y or labels");
        var (least, most) = (labels.min().item<long>(), labels.max().item<long>());
        if (least < 0 || most >= (names?.Count ?? MaxClasses)) throw new InputException(
            $"{path}: its labels are from {least} to {most}, and there are {(names is null ? "at most " : "")}{names?.Count ?? MaxClasses} classes, from 0");
        return new ImageSet(set, found.Images, labels, names ?? [.. Enumerable.Range(0, (int)most + 1).Select(i => $"{i}")])
        {
            AreClassesNumbers = names is null,
            Origin = new ImageOrigin([.. Enumerable.Range(0, (int)found.Images.shape[0]).Select(i => $"{Path.GetFileName(path)} {i}")],
                new PictureStatistics(default, default, default, default, 0, default), new SkippedFiles())
            {
                Remarks = found.Remarks,
            },
        };
    }

    private static long[] All(long count) => [.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)];
}
