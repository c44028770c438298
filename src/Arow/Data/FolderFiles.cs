namespace Arow.Data;

/// <summary>The PNG and JPEG images of a folder or a .tar.gz archive, by their path below it, with /.</summary>
/// <param name="Root">The folder or archive, for messages.</param>
/// <param name="Files">What reads each.</param>
internal sealed record FolderFiles(string Root, IReadOnlyDictionary<string, Func<byte[]>> Files)
{
    /// <summary>Those of what was given; of a folder that holds nothing but an archive, the archive's.</summary>
    /// <param name="set">Who asks, for the message.</param>
    /// <param name="given">As the user gave it.</param>
    /// <exception cref="InputException">It is neither.</exception>
    public static FolderFiles Open(string set, string? given)
    {
        if (given is not null && File.Exists(given))
        {
            return TarGz.IsNamed(given) ? Archive(given)
                : throw new InputException($"{given}: is neither a folder nor a .tar.gz archive");
        }
        var folder = In(InputFile.Folder(set, given, "class folders with images, or a .tar.gz archive of them"));
        return folder.Files.Count == 0 && TarGz.Only(folder.Root) is { } archive ? Archive(archive) : folder;
    }

    /// <summary>Those of a folder that is there.</summary>
    public static FolderFiles In(string root) => new(root, InputFile.Read(root, "a readable folder", () => FolderTree.Files(root))
        .Where(Picture.IsNamed)
        .ToDictionary(path => Path.GetRelativePath(root, path).Replace('\\', '/'), path => (Func<byte[]>)(() => File.ReadAllBytes(path))));

    /// <summary>The bytes of an image.</summary>
    /// <exception cref="InputException">They cannot be read.</exception>
    public byte[] Read(string path) => InputFile.Read(Place(path), "readable", Files[path]);

    /// <summary>The file of an image, for messages.</summary>
    public string Place(string path) => File.Exists(Root) ? $"{Root}: {path}" : Path.Combine(Root, path);

    private static FolderFiles Archive(string path)
    {
        var files = new Dictionary<string, Func<byte[]>>();
        // As tar does: of two members with one name the later one counts.
        foreach (var (name, bytes) in TarGz.Read(path, Picture.IsNamed)) files[name] = () => bytes;
        return new FolderFiles(path, files);
    }
}
