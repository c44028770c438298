namespace Arow.Data;

/// <summary>The PNG and JPEG images of a folder or an archive, keyed by their relative paths with /.</summary>
/// <param name="Root">The folder or archive, for messages.</param>
/// <param name="Files">Reader of each image.</param>
internal sealed record FolderFiles(string Root, IReadOnlyDictionary<string, Func<byte[]>> Files) : IDisposable
{
    private PackedFolder? archive;

    /// <summary>The files that are not read.</summary>
    public PassedOver PassedOver { get; private init; } = new();

    /// <summary>What was skipped or assumed about an archive, one line each.</summary>
    public IReadOnlyList<string> Remarks => archive?.Remarks ?? [];

    /// <summary>Opens a folder or an archive. If a folder contains nothing but an archive, the archive is opened.</summary>
    /// <param name="set">Name of the data set or command, for the message.</param>
    /// <param name="given">Path as given by the user.</param>
    /// <exception cref="InputException">The path is neither a folder nor an archive.</exception>
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

    /// <summary>Rejects a source without images; the message describes its content.</summary>
    /// <exception cref="InputException">There are none.</exception>
    public void RequireSome()
    {
        if (Files.Count > 0) return;
        throw new InputException($"{Root}: has no PNG or JPEG images" + (
            PassedOver.Pictures is { } others ? $", but {others}, which are not read; convert them"
            : Directory.Exists(Root) && KnownFiles.InAnotherForm(Root) is { } other ? $"; it has {other}"
            : PassedOver.Archives > 0 ? $", but other archives ({PassedOver.Others}): unpack it, or name the archive that holds the class folders"
            : PassedOver.Others is { } rest ? $"; skipped: {rest}" : ""));
    }

    /// <summary>Lists the images of an existing folder.</summary>
    public static FolderFiles In(string root) => InputFile.Read(root, "a readable folder", () =>
    {
        var passedOver = new PassedOver();
        // There may be a million images: each is held once, by its relative path.
        var files = FolderTree.Files(root, folder => passedOver.Folder(Name(folder)), link => passedOver.BrokenLink(Name(link))).Select(Name).Where(passedOver.Takes)
            .ToDictionary(name => name, name => (Func<byte[]>)(() => OrdinaryFile.ReadAllBytes(Path.Combine(root, name), PackedFolder.LongestMember)));
        return new FolderFiles(root, files) { PassedOver = passedOver };

        string Name(string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
    });

    /// <summary>Reads the bytes of an image.</summary>
    /// <exception cref="InputException">The image cannot be read.</exception>
    public byte[] Read(string path) => InputFile.Read(Place(path), "readable", Files[path]);

    /// <summary>Returns the location of an image, for messages.</summary>
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
