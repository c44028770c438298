namespace Arow.Data;

/// <summary>The PNG and JPEG images of a folder or an archive, by their path below it, with /.</summary>
/// <param name="Root">The folder or archive, for messages.</param>
/// <param name="Files">What reads each.</param>
internal sealed record FolderFiles(string Root, IReadOnlyDictionary<string, Func<byte[]>> Files) : IDisposable
{
    private PackedFolder? archive;

    /// <summary>What else is there.</summary>
    public PassedOver PassedOver { get; private init; } = new();

    /// <summary>What was passed over or assumed of an archive, a line each.</summary>
    public IReadOnlyList<string> Remarks => archive?.Remarks ?? [];

    /// <summary>Those of what was given; of a folder that holds nothing but an archive, the archive's.</summary>
    /// <param name="set">Who asks, for the message.</param>
    /// <param name="given">As the user gave it.</param>
    /// <exception cref="InputException">It is neither.</exception>
    public static FolderFiles Open(string set, string? given)
    {
        if (given is not null && File.Exists(given))
        {
            return PackedFolder.IsNamed(given) || ArchiveFormat.Of(given).Length > 0 ? InArchive(given)
                : throw new InputException($"{given}: is neither a folder nor an archive of one ({PackedFolder.Forms})");
        }
        var folder = In(InputFile.Folder(set, given, $"class folders with images, or an archive of them ({PackedFolder.Forms})"));
        return folder.Files.Count == 0 && PackedFolder.Only(folder.Root) is { } only ? InArchive(only) : folder;
    }

    /// <summary>Refuses what holds no images, with what it holds in their place.</summary>
    /// <exception cref="InputException">There are none.</exception>
    public void RequireSome()
    {
        if (Files.Count > 0) return;
        throw new InputException($"{Root}: has no PNG or JPEG images" + (
            PassedOver.Pictures is { } others ? $", but {others}, which are not read; convert them"
            : Directory.Exists(Root) && KnownFiles.InAnotherForm(Root) is { } other ? $"; it has {other}"
            : PassedOver.Archives > 0 ? $", but other archives ({PassedOver.Others}): unpack it, or name the archive that holds the class folders"
            : PassedOver.Others is { } rest ? $"; passed over: {rest}" : ""));
    }

    /// <summary>Those of a folder that is there.</summary>
    public static FolderFiles In(string root) => InputFile.Read(root, "a readable folder", () =>
    {
        var passedOver = new PassedOver();
        // Of a million images each is held once: by its path below the root.
        var files = FolderTree.Files(root, folder => passedOver.Folder(Name(folder)), link => passedOver.BrokenLink(Name(link))).Select(Name).Where(passedOver.Takes)
            .ToDictionary(name => name, name => (Func<byte[]>)(() => OrdinaryFile.ReadAllBytes(Path.Combine(root, name), PackedFolder.LongestMember)));
        return new FolderFiles(root, files) { PassedOver = passedOver };

        string Name(string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
    });

    /// <summary>The bytes of an image.</summary>
    /// <exception cref="InputException">They cannot be read.</exception>
    public byte[] Read(string path) => InputFile.Read(Place(path), "readable", Files[path]);

    /// <summary>The file of an image, for messages.</summary>
    public string Place(string path) => File.Exists(Root) ? $"{Root}: {path}" : Path.Combine(Root, path);

    /// <inheritdoc/>
    public void Dispose() => archive?.Dispose();

    private static FolderFiles InArchive(string path)
    {
        var passedOver = new PassedOver();
        var archive = PackedFolder.Open(path, passedOver.Takes, passedOver.Folder);
        return new FolderFiles(path, archive.Files) { archive = archive, PassedOver = passedOver };
    }
}
