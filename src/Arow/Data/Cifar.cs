using Arow.IO;

namespace Arow.Data;

/// <summary>
/// CIFAR in the binary version (records of one or two label bytes and 3072 pixel bytes, plane by plane) or in the Python version
/// (<see cref="CifarPickles"/>). The files are in a folder, in a subfolder such as the archive creates, or in the archive itself.
/// Format: https://www.cs.toronto.edu/~kriz/cifar.html.
/// </summary>
/// <param name="Name">Name in the Catalog.</param>
/// <param name="Title">Short description.</param>
/// <param name="Classes">Class names.</param>
/// <param name="LabelBytes">Label bytes per record; the last one is used (CIFAR-100: coarse, then fine).</param>
/// <param name="ArchiveFolder">Top-level folder of the archive.</param>
/// <param name="TrainFiles">Names of the training files.</param>
/// <param name="TestFile">Name of the test file.</param>
/// <param name="Archive">The file that <c>arow data fetch</c> downloads.</param>
/// <param name="Python">The Python version.</param>
public sealed record Cifar(
    string Name, string Title, IReadOnlyList<string> Classes, int LabelBytes, string ArchiveFolder,
    IReadOnlyList<string> TrainFiles, string TestFile, RemoteFile Archive, CifarPickles Python) : IDataSet
{
    private const int Pixels = 3 * 32 * 32;

    /// <inheritdoc/>
    public Augmentation Augmentation { get; } = new(4, Flip: true);

    /// <inheritdoc/>
    public IReadOnlyList<RemoteFile> Files => [Archive];

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        IReadOnlyList<string> names = split == Split.Train ? TrainFiles : [TestFile];
        using var source = Find(folder, names);
        CifarBatch[] batches = [
            .. source.Names.Select(name => source.IsPython ? Python.Read(source.Locate(name), source.Read(name), Classes.Count)
                : ReadRecords(source.Locate(name), source.Read(name)))];
        var classes = source.IsPython && source.Exists(Python.MetaFile)
            ? Python.ReadClassNames(source.Locate(Python.MetaFile), source.Read(Python.MetaFile), Classes.Count) : Classes;

        using var scope = NewDisposeScope();
        var images = empty([batches.Sum(batch => batch.Labels.Length), 3, 32, 32], ScalarType.Byte);
        var labels = new List<Tensor>();
        var destination = images.bytes;
        foreach (var batch in batches)
        {
            for (var i = 0; i < batch.Labels.Length; i++)
            {
                batch.Bytes.Span.Slice(i * batch.Stride + batch.First, Pixels).CopyTo(destination);
                destination = destination[Pixels..];
            }
            labels.Add(InputFile.ToLabels(batch.Path, batch.Labels, Classes.Count));
        }
        return new ImageSet(Name, images, cat(labels), classes);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> FindSubstitutes(RemoteFile file, string folder)
    {
        if (!Directory.Exists(folder)) return [folder];
        string[] binary = [.. TrainFiles, TestFile];
        return FindInFolder(folder, binary, ArchiveFolder, isPython: false, complete: false) is { } found ? found.Existing(binary)
            : FindInFolder(folder, [.. binary.Select(CifarPickles.ToPickleName)], Python.ArchiveFolder, isPython: true, complete: false) is { } python
                ? python.Existing([.. binary.Select(CifarPickles.ToPickleName), Python.MetaFile])
            : FindArchive(folder) is { } archive ? [archive] : [];
    }

    private CifarBatch ReadRecords(string path, byte[] bytes)
    {
        var record = LabelBytes + Pixels;
        if (bytes.Length == 0) throw new InputException($"{path}: is empty");
        if (bytes.Length % record != 0)
            throw new InputException($"{path}: has {bytes.Length} bytes, not a multiple of {record} bytes per image");
        var labels = new byte[bytes.Length / record];
        for (var i = 0; i < labels.Length; i++) labels[i] = bytes[i * record + LabelBytes - 1];
        return new CifarBatch(path, bytes, record, LabelBytes, labels);
    }

    /// <summary>Location of the files of one version.</summary>
    /// <param name="Names">File names.</param>
    /// <param name="IsPython">Whether it is the Python version.</param>
    /// <param name="Locate">Maps a file name to its location, for messages.</param>
    /// <param name="Exists">Whether another file exists.</param>
    /// <param name="ReadContent">Reads a file.</param>
    /// <param name="Archive">Archive to close at the end; null for a folder.</param>
    private sealed record Source(IReadOnlyList<string> Names, bool IsPython, Func<string, string> Locate, Func<string, bool> Exists, Func<string,
        byte[]> ReadContent, IDisposable? Archive) : IDisposable
    {
        public IReadOnlyList<string> Existing(IEnumerable<string> names) => [.. names.Where(Exists).Select(Locate)];

        public byte[] Read(string name) => InputFile.Read(Locate(name), "readable", () => ReadContent(name));

        public void Dispose() => Archive?.Dispose();
    }

    private Source Find(string? folder, IReadOnlyList<string> names)
    {
        if (File.Exists(folder)) return FromArchive(folder, names);

        folder = InputFile.RequireFolder(Name, folder, $"{Archive.Name} or {names[0]}", Archive);
        string[] pickled = [.. names.Select(CifarPickles.ToPickleName)];
        if ((FindInFolder(folder, names, ArchiveFolder, isPython: false)
            ?? FindInFolder(folder, pickled, Python.ArchiveFolder, isPython: true)) is { } unpacked) return unpacked;
        if (FindArchive(folder) is { } archive) return FromArchive(archive, names);
        throw DataSetFiles.MissingException(folder,
            $"{names[0]}, nor {ArchiveFolder}/{names[0]}, nor {Python.ArchiveFolder}/{pickled[0]}, nor {Archive.Name}",
            Wording.Current.Download(Name, Archive.Address, Archive.Name));
    }

    /// <summary>Returns the archive whose name begins as the set's do, or else the only archive in the folder; null if there is none.</summary>
    private string? FindArchive(string folder)
    {
        string[] archives = [.. Directory.EnumerateFiles(folder).Where(ArchiveReader.HasArchiveExtension).Order(StringComparer.Ordinal)];
        string[] starts = [Archive.Name, Python.Archive, ArchiveFolder, Python.ArchiveFolder];
        return starts.Select(start => Array.Find(archives, path => Path.GetFileName(path).StartsWith(start, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(path => path is not null)
            ?? (archives is [var only] ? only : null);
    }

    /// <summary>Finds the files in a folder or below it; null if none of them exists.</summary>
    private Source? FindInFolder(string folder, IReadOnlyList<string> names, string own, bool isPython, bool complete = true)
    {
        foreach (var place in DataSetFiles.SearchFolders(folder, Name)
            .SelectMany(place => Directory.EnumerateDirectories(place).Order(StringComparer.Ordinal)
            .SelectMany(below => (string[])[below, Path.Combine(below, own)]).Prepend(Path.Combine(place, own)).Prepend(place)))
        {
            string Place(string name) => Path.Combine(place, name);
            if (!names.Any(name => File.Exists(Place(name)))) continue;
            if (complete && names.FirstOrDefault(name => !File.Exists(Place(name))) is { } missing)
                throw new InputException(
                    $"{Place(missing)}: is missing, but other files of the set exist; {Wording.Current.Download(Name, Archive.Address)}");
            return new Source(names, isPython, Place, name => File.Exists(Place(name)), name =>
                RegularFile.ReadAllBytes(Place(name), Array.MaxLength), null);
        }
        return null;
    }

    private Source FromArchive(string archive, IReadOnlyList<string> names)
    {
        string[] pickled = [.. names.Select(CifarPickles.ToPickleName)];
        var packed = ArchiveReader.Open(archive, member =>
            names.Contains(Path.GetFileName(member)) || IsPython(member, [.. pickled, Python.MetaFile]));
        try
        {
            var python = !packed.Files.Keys.Any(member => names.Contains(Path.GetFileName(member)))
                && packed.Files.Keys.Any(member => IsPython(member, pickled));
            var required = python ? pickled : names;
            var members = packed.Files.Keys.Where(member =>
                python ? IsPython(member, [.. pickled, Python.MetaFile]) : names.Contains(Path.GetFileName(member)))
                .ToLookup(member => Path.GetFileName(member));
            foreach (var name in required)
            {
                if (members[name].Count() == 1) continue;
                throw new InputException($"{archive}: contains {(members[name].Any() ? "more than one" : "no")} {name}; "
                    + $"{Wording.Current.Download(Name, Archive.Address, Archive.Name)}{string.Concat(packed.Remarks.Select(remark => $"; {remark}"))}");
            }
            return new Source(required, python, name => $"{archive}: {members[name].First()}", members.Contains, name =>
                packed.Files[members[name].First()](), packed);
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <summary>Whether an archive member belongs to the Python version. File names alone are ambiguous, so the folder is checked too.</summary>
    private bool IsPython(string member, IReadOnlyList<string> names) =>
        Path.GetFileName(Path.GetDirectoryName(member)) == Python.ArchiveFolder && names.Contains(Path.GetFileName(member));
}
