using System.IO.Enumeration;

namespace Arow.Data;

/// <summary>Locations of the files of public data sets: as published, as other tools store them, or in a form that is not read.</summary>
internal static class DataSetFiles
{
    private const int MaxFiles = 10_000, MaxDepth = 6;
    private const string NoPickle = "a pickle can run code, and only CIFAR's are read";

    private static string AsFolders => $"write the images as PNG files into class folders: {Wording.Current.Setting("dataset", "folder")}";

    /// <summary>Forms of data sets that are not read: a file name pattern, its description, and a remedy.</summary>
    private static (string Pattern, string Form, string Help)[] OtherForms =>
    [
        ("*-images?idx3-ubyte*", "in MNIST's IDX format", $"{Wording.Current.Setting("dataset", "mnist")}, fashion-mnist and kmnist read it, from a folder with all four files"),
        ("data_batch_?.bin", "of CIFAR-10", $"{Wording.Current.Setting("dataset", "cifar10")} reads it, from a folder with all of its files"),
        ("data_batch_?", "of CIFAR-10", $"{Wording.Current.Setting("dataset", "cifar10")} reads it, from a folder with all of its files"),
        ("cifar-10-*", "CIFAR-10", $"{Wording.Current.Setting("dataset", "cifar10")} reads it"),
        ("cifar-100-*", "CIFAR-100", $"{Wording.Current.Setting("dataset", "cifar100")} reads it"),
        ("digitStruct.mat", "of SVHN's first format, pictures of whole numbers", "the cropped digits, train_32x32.mat and test_32x32.mat, are read"),
        ("*_32x32.mat", "of SVHN", $"{Wording.Current.Setting("dataset", "svhn")} reads train_32x32.mat and test_32x32.mat"),
        ("*.parquet", "Parquet, the format of Hugging Face data sets", AsFolders),
        ("*.arrow", "Arrow, the format of Hugging Face's datasets", AsFolders),
        ("*.tfrecord*", "TFRecord, the format of TensorFlow Datasets", AsFolders),
        ("training.pt", "torchvision's older form", "the files in raw/ beside it are read"),
        ("*.pkl", "pickled", NoPickle),
        ("*.pkl.gz", "pickled", NoPickle),
        ("*.pickle", "pickled", NoPickle),
        ("*.npz", "NumPy's format under another name",
            "an .npz file with the name of the set and the arrays x_train, y_train, x_test and y_test is read"),
        ("*.npy", "a NumPy array",
            "write images and labels into one .npz file with the name of the set and the arrays x_train, y_train, x_test and y_test"),
        ("*.h5", "HDF5", AsFolders),
        ("*.hdf5", "HDF5", AsFolders),
        ("*.mat", "MATLAB's format", "see docs/data.md for the files that are read"),
        ("*.png", "an image", $"class folders of images are read with {Wording.Current.Setting("dataset", "folder")}"),
        ("*.jp*g", "an image", $"class folders of images are read with {Wording.Current.Setting("dataset", "folder")}"),
        // Tables come last: a table of pixels, such as Kaggle's MNIST, if there is nothing else.
        ("*.csv", "a table, possibly of pixels, such as Kaggle's MNIST", AsFolders),
        ("*.zip", "an archive", "unpack it"),
        ("*.tar*", "an archive", "unpack it"),
        ("*.tgz", "an archive", "unpack it"),
        ("*.7z", "an archive", "unpack it"),
        ("*.rar", "an archive", "unpack it"),
    ];

    /// <summary>Returns the folder itself, a subfolder with the name of the set, and <c>raw/</c> in either.</summary>
    public static IEnumerable<string> SearchFolders(string folder, string set)
    {
        var named = Directory.EnumerateDirectories(folder).Where(below => NormalizeName(Path.GetFileName(below)) == NormalizeName(set))
            .Order(StringComparer.Ordinal);
        foreach (var place in named.Prepend(folder))
        {
            yield return place;
            if (Path.Combine(place, "raw") is var raw && Directory.Exists(raw)) yield return raw;
        }
    }

    /// <summary>Returns the .npz file in a folder that has the name of the set; null if there is none.</summary>
    public static string? FindNpz(string folder, string set) =>
        Directory.EnumerateFiles(folder, "*.npz").FirstOrDefault(file => NormalizeName(Path.GetFileNameWithoutExtension(file)) == NormalizeName(set));

    /// <summary>Creates the exception for a set without files: what was expected, and what was found instead.</summary>
    /// <param name="folder">Path as given by the user.</param>
    /// <param name="expected">Expected files.</param>
    /// <param name="fetch">Advice if nothing was found.</param>
    public static InputException MissingException(string folder, string expected, string fetch)
    {
        return new InputException(DescribeOtherForm(folder) is { } other ? $"{folder}: has no {expected}; it has {other}"
            : $"{folder}: has no {expected}; {fetch}");
    }

    /// <summary>Describes a data set of another form in a folder, with advice; null if there is none.</summary>
    public static string? DescribeOtherForm(string folder)
    {
        var names = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !entry.FileName.StartsWith('.'),
        }.Take(MaxFiles).Order(StringComparer.Ordinal).ToList();
        foreach (var (pattern, form, help) in OtherForms)
        {
            if (names.Find(name => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(name))) is { } found)
                return $"{Printable.Escape(Path.GetRelativePath(folder, found))}, which is {form}: {help}";
        }
        return null;
    }

    private static string NormalizeName(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
