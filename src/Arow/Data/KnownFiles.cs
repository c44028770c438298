using System.IO.Enumeration;

namespace Arow.Data;

/// <summary>Where the files of a public data set lie on a disk: as their makers publish them, as other tools keep them, or in a form that is not read.</summary>
internal static class KnownFiles
{
    private const int Looked = 10_000, Deepest = 6;
    private const string AsFolders = "write the images as PNG files into class folders: --dataset folder", NoPickle = "a pickle can hold programs, and only CIFAR's are read";

    /// <summary>Forms of data sets that are not read as they lie there: a pattern of file names, what it is, and what helps.</summary>
    private static readonly (string Pattern, string Form, string Help)[] OtherForms =
    [
        ("*-images?idx3-ubyte*", "in MNIST's IDX format", "--dataset mnist, fashion-mnist and kmnist read it, from a folder with all four files"),
        ("data_batch_?.bin", "of CIFAR-10", "--dataset cifar10 reads it, from a folder with all of its files"),
        ("data_batch_?", "of CIFAR-10", "--dataset cifar10 reads it, from a folder with all of its files"),
        ("cifar-10-*", "CIFAR-10", "--dataset cifar10 reads it"),
        ("cifar-100-*", "CIFAR-100", "--dataset cifar100 reads it"),
        ("digitStruct.mat", "of SVHN's first format, pictures of whole numbers", "the cropped digits, train_32x32.mat and test_32x32.mat, are read"),
        ("*_32x32.mat", "of SVHN", "--dataset svhn reads train_32x32.mat and test_32x32.mat"),
        ("*.parquet", "Parquet, as Hugging Face keeps data sets", AsFolders),
        ("*.arrow", "Arrow, as Hugging Face's datasets keep them", AsFolders),
        ("*.tfrecord*", "TFRecord, as TensorFlow Datasets keep them", AsFolders),
        ("training.pt", "torchvision's older form", "the files in raw/ beside it are read"),
        ("*.pkl", "pickled", NoPickle),
        ("*.pkl.gz", "pickled", NoPickle),
        ("*.pickle", "pickled", NoPickle),
        ("*.npz", "NumPy's form under another name", "an .npz file is read that is called as the set is, with x_train, y_train, x_test and y_test"),
        ("*.npy", "a NumPy array", "write images and labels into one .npz file, with x_train, y_train, x_test and y_test, called as the set is"),
        ("*.h5", "HDF5", AsFolders),
        ("*.hdf5", "HDF5", AsFolders),
        ("*.mat", "MATLAB's form", "see docs/data.md for the files that are read"),
        ("*.png", "an image", "class folders of images are read with --dataset folder"),
        ("*.jp*g", "an image", "class folders of images are read with --dataset folder"),
        // Tables come last: of pixels, as Kaggle's of MNIST, where nothing else is there.
        ("*.csv", "a table, of pixels perhaps, as Kaggle's of MNIST", AsFolders),
        ("*.zip", "an archive", "unpack it"),
        ("*.tar*", "an archive", "unpack it"),
        ("*.tgz", "an archive", "unpack it"),
        ("*.7z", "an archive", "unpack it"),
        ("*.rar", "an archive", "unpack it"),
    ];

    /// <summary>The folder itself, one below it that is called as the set is, and <c>raw/</c> in either.</summary>
    public static IEnumerable<string> Places(string folder, string set)
    {
        var named = Directory.EnumerateDirectories(folder).Where(below => Letters(Path.GetFileName(below)) == Letters(set)).Order(StringComparer.Ordinal);
        foreach (var place in named.Prepend(folder))
        {
            yield return place;
            if (Path.Combine(place, "raw") is var raw && Directory.Exists(raw)) yield return raw;
        }
    }

    /// <summary>The .npz file of a folder that is called as the set is; null if there is none.</summary>
    public static string? Npz(string folder, string set) =>
        Directory.EnumerateFiles(folder, "*.npz").FirstOrDefault(file => Letters(Path.GetFileNameWithoutExtension(file)) == Letters(set));

    /// <summary>What is wrong where no file of a set was found: what was looked for, and what is there instead.</summary>
    /// <param name="folder">As the user gave it.</param>
    /// <param name="wanted">What was looked for.</param>
    /// <param name="fetch">What helps where nothing is there.</param>
    public static InputException Missing(string folder, string wanted, string fetch)
    {
        return new InputException(InAnotherForm(folder) is { } other ? $"{folder}: has no {wanted}; it has {other}" : $"{folder}: has no {wanted}; {fetch}");
    }

    /// <summary>A file of a folder that holds a data set in another form than was asked for, what it is, and what helps; null if there is none.</summary>
    public static string? InAnotherForm(string folder)
    {
        var names = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Deepest, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !entry.FileName.StartsWith('.'),
        }.Take(Looked).Order(StringComparer.Ordinal).ToList();
        foreach (var (pattern, form, help) in OtherForms)
        {
            if (names.Find(name => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(name))) is { } found)
                return $"{Printable.Text(Path.GetRelativePath(folder, found))}, which is {form}: {help}";
        }
        return null;
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
