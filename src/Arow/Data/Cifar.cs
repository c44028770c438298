namespace Arow.Data;

/// <summary>
/// CIFAR in either of its forms: the binary version, records of one or two label bytes and 3072 of pixels, plane by plane, or the
/// version for Python (<see cref="CifarPickles"/>). The files lie in a folder, in one below it, such as the archive makes, or in the
/// archive itself. Format: https://www.cs.toronto.edu/~kriz/cifar.html.
/// </summary>
/// <param name="Name">Name in the Catalog.</param>
/// <param name="Title">What it is.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="LabelBytes">Label bytes of a record; the last one counts (CIFAR-100: coarse, then fine).</param>
/// <param name="Below">The folder that the archive makes.</param>
/// <param name="TrainFiles">Names of the training files.</param>
/// <param name="TestFile">Name of the test file.</param>
/// <param name="Archive">What <c>arow data fetch</c> brings.</param>
/// <param name="Python">The version for Python.</param>
public sealed record Cifar(
    string Name, string Title, IReadOnlyList<string> Classes, int LabelBytes, string Below,
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
        CifarBatch[] batches = [.. source.Names.Select(name => source.IsPython ? Python.Read(source.Place(name), source.Read(name), Classes.Count) : Records(source.Place(name), source.Read(name)))];
        var classes = source.IsPython && source.Has(Python.MetaFile) ? Python.Names(source.Place(Python.MetaFile), source.Read(Python.MetaFile), Classes.Count) : Classes;

        using var scope = NewDisposeScope();
        var images = empty([batches.Sum(batch => batch.Labels.Length), 3, 32, 32], ScalarType.Byte);
        var labels = new List<Tensor>();
        var room = images.bytes;
        foreach (var batch in batches)
        {
            for (var i = 0; i < batch.Labels.Length; i++)
            {
                batch.Bytes.Span.Slice(i * batch.Stride + batch.First, Pixels).CopyTo(room);
                room = room[Pixels..];
            }
            labels.Add(InputFile.Labels(batch.Path, batch.Labels, Classes.Count));
        }
        return new ImageSet(Name, images, cat(labels), classes);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Instead(RemoteFile file, string folder)
    {
        if (!Directory.Exists(folder)) return [folder];
        string[] binary = [.. TrainFiles, TestFile];
        return InFolder(folder, binary, Below, isPython: false, complete: false) is { } found ? found.There(binary)
            : InFolder(folder, [.. binary.Select(CifarPickles.NameOf)], Python.Below, isPython: true, complete: false) is { } python ? python.There([.. binary.Select(CifarPickles.NameOf), Python.MetaFile])
            : ArchiveIn(folder) is { } archive ? [archive] : [];
    }

    private CifarBatch Records(string path, byte[] bytes)
    {
        var record = LabelBytes + Pixels;
        if (bytes.Length == 0) throw new InputException($"{path}: is empty");
        if (bytes.Length % record != 0)
            throw new InputException($"{path}: has {bytes.Length} bytes, which is no multiple of the {record} of one image");
        var labels = new byte[bytes.Length / record];
        for (var i = 0; i < labels.Length; i++) labels[i] = bytes[i * record + LabelBytes - 1];
        return new CifarBatch(path, bytes, record, LabelBytes, labels);
    }

    /// <summary>Where the files of one version lie.</summary>
    /// <param name="Names">Of the files.</param>
    /// <param name="IsPython">Whether they are of the version for Python.</param>
    /// <param name="Place">From a file's name to where it is, for messages.</param>
    /// <param name="Has">Whether another file is there.</param>
    /// <param name="Content">Reads a file.</param>
    /// <param name="Archive">What to close in the end; null for a folder.</param>
    private sealed record Source(IReadOnlyList<string> Names, bool IsPython, Func<string, string> Place, Func<string, bool> Has, Func<string, byte[]> Content, IDisposable? Archive) : IDisposable
    {
        public IReadOnlyList<string> There(IEnumerable<string> names) => [.. names.Where(Has).Select(Place)];

        public byte[] Read(string name) => InputFile.Read(Place(name), "readable", () => Content(name));

        public void Dispose() => Archive?.Dispose();
    }

    private Source Find(string? folder, IReadOnlyList<string> names)
    {
        if (File.Exists(folder)) return FromArchive(folder, names);

        folder = InputFile.Folder(Name, folder, $"{Archive.Name} or {names[0]}");
        string[] pickled = [.. names.Select(CifarPickles.NameOf)];
        if ((InFolder(folder, names, Below, isPython: false) ?? InFolder(folder, pickled, Python.Below, isPython: true)) is { } unpacked) return unpacked;
        if (ArchiveIn(folder) is { } archive) return FromArchive(archive, names);
        throw KnownFiles.Missing(folder, $"{names[0]}, nor {Below}/{names[0]}, nor {Python.Below}/{pickled[0]}, nor {Archive.Name}", $"'arow data fetch {Name}' brings {Archive.Name}");
    }

    /// <summary>An archive that is called as one of the set is, or the only one that there is.</summary>
    private string? ArchiveIn(string folder)
    {
        string[] archives = [.. Directory.EnumerateFiles(folder).Where(PackedFolder.IsNamed).Order(StringComparer.Ordinal)];
        string[] starts = [Archive.Name, Python.Archive, Below, Python.Below];
        return starts.Select(start => Array.Find(archives, path => Path.GetFileName(path).StartsWith(start, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(path => path is not null)
            ?? (archives is [var only] ? only : null);
    }

    /// <summary>The files in a folder or below it; null if none of them is there.</summary>
    private Source? InFolder(string folder, IReadOnlyList<string> names, string own, bool isPython, bool complete = true)
    {
        foreach (var place in KnownFiles.Places(folder, Name).SelectMany(place => Directory.EnumerateDirectories(place).Order(StringComparer.Ordinal)
            .SelectMany(below => (string[])[below, Path.Combine(below, own)]).Prepend(Path.Combine(place, own)).Prepend(place)))
        {
            string Place(string name) => Path.Combine(place, name);
            if (!names.Any(name => File.Exists(Place(name)))) continue;
            if (complete && names.FirstOrDefault(name => !File.Exists(Place(name))) is { } missing)
                throw new InputException($"{Place(missing)}: is missing, though others of its set are there; 'arow data fetch {Name}' brings it");
            return new Source(names, isPython, Place, name => File.Exists(Place(name)), name => OrdinaryFile.ReadAllBytes(Place(name), Array.MaxLength), null);
        }
        return null;
    }

    private Source FromArchive(string archive, IReadOnlyList<string> names)
    {
        string[] pickled = [.. names.Select(CifarPickles.NameOf)];
        var packed = PackedFolder.Open(archive, member => names.Contains(Path.GetFileName(member)) || IsPython(member, [.. pickled, Python.MetaFile]));
        try
        {
            var python = !packed.Files.Keys.Any(member => names.Contains(Path.GetFileName(member))) && packed.Files.Keys.Any(member => IsPython(member, pickled));
            var wanted = python ? pickled : names;
            var members = packed.Files.Keys.Where(member => python ? IsPython(member, [.. pickled, Python.MetaFile]) : names.Contains(Path.GetFileName(member)))
                .ToLookup(member => Path.GetFileName(member));
            foreach (var name in wanted)
            {
                if (members[name].Count() == 1) continue;
                throw new InputException($"{archive}: has {(members[name].Any() ? "more than one" : "no")} {name} in it; "
                    + $"'arow data fetch {Name}' brings {Archive.Name}, which has one{string.Concat(packed.Remarks.Select(remark => $"; {remark}"))}");
            }
            return new Source(wanted, python, name => $"{archive}: {members[name].First()}", members.Contains, name => packed.Files[members[name].First()](), packed);
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <summary>Whether a member of an archive is of the version for Python: its names say too little without the folder.</summary>
    private bool IsPython(string member, IReadOnlyList<string> names) =>
        Path.GetFileName(Path.GetDirectoryName(member)) == Python.Below && names.Contains(Path.GetFileName(member));
}
