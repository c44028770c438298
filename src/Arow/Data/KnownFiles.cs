using System.IO.Enumeration;

namespace Arow.Data;

/// <summary>Where the files of a public data set lie on a disk: as their makers publish them, as other tools keep them, or in a form that is not read.</summary>
internal static class KnownFiles
{
    private const int Looked = 10_000;
    private const string PythonVersion = "of the version for Python, and pickled", BinaryVersion = "a pickle can hold programs and is not read, but the binary version is";

    /// <summary>Forms of the known sets that are not read: a pattern of file names, what it is, and what helps.</summary>
    private static readonly (string Pattern, string Form, string Help)[] OtherForms =
    [
        ("data_batch_?", PythonVersion, BinaryVersion),
        ("cifar-*-python*", PythonVersion, BinaryVersion),
        ("*.pkl", "pickled", "a pickle can hold programs and is not read"),
        ("*.pickle", "pickled", "a pickle can hold programs and is not read"),
        ("*.parquet", "Parquet", "write the images as PNG files into class folders: --dataset folder"),
        ("*.arrow", "Arrow", "write the images as PNG files into class folders: --dataset folder"),
        ("*.tfrecord*", "TFRecord", "write the images as PNG files into class folders: --dataset folder"),
        ("training.pt", "torchvision's older form", "the files in raw/ beside it are read"),
        ("*.csv", "a table of pixels", "write the images as PNG files into class folders: --dataset folder"),
        ("*.npz", "NumPy's form under another name", "an .npz file is read that is called as the set is, with x_train, y_train, x_test and y_test"),
        ("*.h5", "HDF5", "write the images as PNG files into class folders: --dataset folder"),
        ("*.mat", "MATLAB's form", "see docs/data.md for the files that are read"),
        ("*.png", "images", "they are read with --dataset folder"),
        ("*.jpg", "images", "they are read with --dataset folder"),
        ("*.zip", "an archive", "unpack it"),
        ("*.tar*", "an archive", "unpack it"),
        ("*.tgz", "an archive", "unpack it"),
        ("*.7z", "an archive", "unpack it"),
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
        var names = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true }).Take(Looked).Order(StringComparer.Ordinal).ToList();
        foreach (var (pattern, form, help) in OtherForms)
        {
            if (names.Find(name => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(name))) is { } found)
                return new InputException($"{folder}: has no {wanted}; it has {Path.GetRelativePath(folder, found)}, which is {form}: {help}{(help == BinaryVersion ? $"; {fetch}" : "")}");
        }
        return new InputException($"{folder}: has no {wanted}; {fetch}");
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
