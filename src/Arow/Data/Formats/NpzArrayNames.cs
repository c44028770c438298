namespace Arow.Data;

/// <summary>
/// Finds the arrays of images and labels in an .npz file: <c>image</c>, <c>images</c>, <c>data</c>, <c>x</c> with <c>label</c>,
/// <c>labels</c>, <c>y</c>, <c>target</c>, or the same with a split name before or after: <c>x_train</c> (Keras), <c>train_images</c>
/// (MedMNIST).
/// </summary>
internal static class NpzArrayNames
{
    private static readonly string[] Images = ["image", "images", "data", "x", "imgs", "arr0"];
    private static readonly string[] Labels = ["label", "labels", "y", "target", "targets", "arr1"];
    private static readonly string[] Splits = ["train", "training", "test", "testing", "val", "valid", "validation"];

    /// <summary>Returns both names and a remark on the choice; the label name is null if there are no labels.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="names">Names of all arrays.</param>
    /// <param name="split">The split to take if there are several.</param>
    /// <exception cref="InputException">There are no images, or two arrays with the same name.</exception>
    public static (string Images, string? Labels, string? Remark) Find(string path, IReadOnlyList<string> names, Split split)
    {
        if (names.CountBy(name => name)
            .FirstOrDefault(name => name.Value > 1) is { Key: { } duplicate }) throw new InputException($"{path}: has two arrays named {duplicate}");
        var all = names.Select(name => (Name: name, Words: SplitWords(name))).ToList();
        string[] ofSplit = split == Split.Train ? ["train", "training"] : ["test", "testing"];
        foreach (var wanted in (string?[])[null, .. ofSplit])
        {
            if (FindName(Images, wanted) is not { } images) continue;
            var others = all.Where(n => n.Words.Split is not null && Images.Contains(n.Words.Kind) && n.Name != images).Select(n => n.Name).ToList();
            return (images, FindName(Labels, wanted),
                wanted is null || others.Count == 0 ? null : $"{path}: {images} is read, and not {string.Join(", ", others)}");
        }
        // What is alone beside labels can only be the images.
        if (all.Where(n => !Labels.Contains(n.Words.Kind)).ToList() is [{ Words.Split: null } only])
            return (only.Name, FindName(Labels, only.Words.Split), $"{path}: {only.Name} is taken for the images");
        throw new InputException(
            $"{path}: has no array named image, images, data, x, x_{ofSplit[0]} or {ofSplit[0]}_images; it has {string.Join(", ", names)}");

        string? FindName(string[] kinds, string? of) =>
            kinds.Select(kind => all.Find(n => n.Words == (kind, of)).Name).FirstOrDefault(name => name is not null);
    }

    /// <summary>Whether a name contains a split.</summary>
    public static bool SaysSplit(string name) => SplitWords(name).Split is not null;

    /// <summary>Whether a file holds labels, by its name.</summary>
    public static bool IsLabels(string path) => Labels.Contains(SplitWords(Path.GetFileNameWithoutExtension(path)).Kind);

    /// <summary>Splits a name, in lower case, into its split, if any, and the rest.</summary>
    private static (string Kind, string? Split) SplitWords(string name)
    {
        var words = name.ToLowerInvariant().Split('_', '-', '.', ' ');
        var split = words.FirstOrDefault(Splits.Contains);
        return (string.Concat(words.Where(word => word != split)), split);
    }
}
