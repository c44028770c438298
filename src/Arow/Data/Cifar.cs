namespace Arow.Data;

/// <summary>
/// A data set in the binary form of CIFAR: records of one or two label bytes and 3072 of pixels, plane by plane, in some
/// files of a folder, of a folder below it, such as the archive makes, or of the archive itself.
/// Format: https://www.cs.toronto.edu/~kriz/cifar.html.
/// </summary>
/// <param name="Name">Name in the Catalog.</param>
/// <param name="Title">What it is.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="LabelBytes">Label bytes of a record; the last one counts (CIFAR-100: coarse, then fine).</param>
/// <param name="Below">The folder that the archive makes.</param>
/// <param name="TrainFiles">Names of the training files.</param>
/// <param name="TestFile">Name of the test file.</param>
/// <param name="Archive">What <c>arow data fetch</c> brings.</param>
public sealed record Cifar(
    string Name, string Title, IReadOnlyList<string> Classes, int LabelBytes, string Below,
    IReadOnlyList<string> TrainFiles, string TestFile, RemoteFile Archive) : IDataSet
{
    private const int Pixels = 3 * 32 * 32;

    /// <inheritdoc/>
    public Augmentation Augmentation { get; } = new(4, Flip: true);

    /// <inheritdoc/>
    public IReadOnlyList<RemoteFile> Files => [Archive];

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        var files = Read(folder, split == Split.Train ? TrainFiles : [TestFile]);
        var record = LabelBytes + Pixels;
        foreach (var (path, bytes) in files)
        {
            if (bytes.Length == 0) throw new InputException($"{path}: is empty");
            if (bytes.Length % record != 0)
                throw new InputException($"{path}: has {bytes.Length} bytes, which is no multiple of the {record} of one image");
        }

        using var scope = NewDisposeScope();
        var images = empty([files.Sum(f => f.Bytes.Length / record), 3, 32, 32], ScalarType.Byte);
        var labels = new List<Tensor>();
        var room = images.bytes;
        foreach (var (path, bytes) in files)
        {
            var classes = new byte[bytes.Length / record];
            for (var i = 0; i < classes.Length; i++)
            {
                classes[i] = bytes[i * record + LabelBytes - 1];
                bytes.AsSpan(i * record + LabelBytes, Pixels).CopyTo(room);
                room = room[Pixels..];
            }
            labels.Add(InputFile.Labels(path, classes, Classes.Count));
        }
        return new ImageSet(Name, images, cat(labels), Classes);
    }

    private IReadOnlyList<(string Path, byte[] Bytes)> Read(string? folder, IReadOnlyList<string> names)
    {
        if (File.Exists(folder)) return FromArchive(folder, names);

        folder = InputFile.Folder(Name, folder, $"{Archive.Name} or {names[0]}");
        foreach (var place in KnownFiles.Places(folder, Name).SelectMany(place => Directory.EnumerateDirectories(place).Order(StringComparer.Ordinal)
            .SelectMany(below => (string[])[below, Path.Combine(below, Below)]).Prepend(Path.Combine(place, Below)).Prepend(place)))
        {
            var paths = names.Select(name => Path.Combine(place, name)).ToArray();
            if (!paths.Any(File.Exists)) continue;
            if (paths.FirstOrDefault(path => !File.Exists(path)) is { } missing)
                throw new InputException($"{missing}: is missing, though others of its set are there; 'arow data fetch {Name}' brings it");
            return [.. paths.Select(path => (path, InputFile.Read(path, "readable", () => OrdinaryFile.ReadAllBytes(path, Array.MaxLength))))];
        }

        var archive = Path.Combine(folder, Archive.Name);
        if (File.Exists(archive)) return FromArchive(archive, names);
        if (Directory.EnumerateFiles(folder).Where(PackedFolder.IsNamed).Take(2).ToArray() is [var only]) return FromArchive(only, names);
        throw KnownFiles.Missing(folder, $"{names[0]}, nor {Below}/{names[0]}, nor {Archive.Name}", $"'arow data fetch {Name}' brings {Archive.Name}");
    }

    private IReadOnlyList<(string, byte[])> FromArchive(string archive, IReadOnlyList<string> names)
    {
        using var packed = PackedFolder.Open(archive, member => names.Contains(Path.GetFileName(member)) || IsPython(member));
        return [.. names.Select(name =>
        {
            var found = packed.Files.Keys.Where(member => Path.GetFileName(member) == name).Take(2).ToArray();
            if (found.Length == 1) return ($"{archive}: {found[0]}", InputFile.Read($"{archive}: {found[0]}", "readable", packed.Files[found[0]]));
            var python = found.Length == 0 ? packed.Files.Keys.FirstOrDefault(IsPython) : null;
            throw new InputException($"{archive}: has {(found.Length == 0 ? "no" : "more than one")} {name} in it; "
                + (python is null ? "" : $"{python} is of the version for Python, which is pickled and not read; ")
                + $"'arow data fetch {Name}' brings {Archive.Name}, which has one{string.Concat(packed.Remarks.Select(remark => $"; {remark}"))}");
        })];
    }

    /// <summary>Whether a file is of the version for Python, whose pickles are not read.</summary>
    private static bool IsPython(string member) =>
        Path.GetFileName(Path.GetDirectoryName(member)) is "cifar-10-batches-py" or "cifar-100-python" && Path.GetFileName(member) is "test_batch" or "test";
}
