using Arow.IO;

namespace Arow.Data;

/// <summary>The images of a folder or an archive, keyed by their relative paths with /.</summary>
/// <param name="Root">The folder or archive, for messages.</param>
/// <param name="Files">Reader of each image.</param>
internal sealed record FolderFiles(string Root, IReadOnlyDictionary<string, Func<byte[]>> Files) : IDisposable
{
    private ArchiveReader? archive;

    /// <summary>Names in the folder, where <see cref="Files"/> has others; null where it has those.</summary>
    private IReadOnlyDictionary<string, string>? originals;

    /// <summary>The files that are not read.</summary>
    public SkippedFiles Skipped { get; private init; } = new();

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
            return ArchiveReader.HasArchiveExtension(given) || ArchiveFormat.Detect(given).Length > 0 ? OpenArchive(given)
                : throw new InputException($"{given}: is neither a folder nor an archive of one ({ArchiveReader.SupportedFormats})");
        }
        var folder = OpenFolder(
            InputFile.RequireFolder(set, given, $"class folders with images, or an archive of them ({ArchiveReader.SupportedFormats})"));
        return folder.Files.Count == 0 && ArchiveReader.FindSingle(folder.Root) is { } only ? OpenArchive(only) : folder;
    }

    /// <summary>Rejects a source without images; the message describes its content.</summary>
    /// <exception cref="InputException">There are none.</exception>
    public void RequireImages()
    {
        if (Files.Count > 0) return;
        throw new InputException($"{Root}: has no images ({PictureCodec.Formats} are read)" + (
            Skipped.Pictures is { } others ? $", but {others}, which are not read; convert them, {PictureCodec.Conversion}"
            : Directory.Exists(Root) && DataSetFiles.DescribeOtherForm(Root) is { } other ? $"; it has {other}"
            : Skipped.Archives > 0 ? $", but other archives ({Skipped.Others}): unpack it, or name the archive that holds the class folders"
            : Skipped.Others is { } rest ? $"; skipped: {rest}" : ""));
    }

    /// <summary>Lists the images of an existing folder.</summary>
    public static FolderFiles OpenFolder(string root) => InputFile.Read(root, "a readable folder", () =>
    {
        var passedOver = new SkippedFiles();
        // There may be a million images: each is held once, by its relative path.
        var files = FolderTree.ListFiles(root, folder => passedOver.AddFolder(ToRelativePath(folder)), link =>
            passedOver.AddBrokenLink(ToRelativePath(link))).Select(ToRelativePath).Where(passedOver.TryAccept)
            .ToDictionary(name => name, name =>
                (Func<byte[]>)(() => RegularFile.ReadAllBytes(Path.Combine(root, name), ArchiveReader.MaxMemberBytes)));
        return new FolderFiles(root, files) { Skipped = passedOver };

        string ToRelativePath(string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
    });

    /// <summary>Reads the bytes of an image.</summary>
    /// <exception cref="InputException">The image cannot be read.</exception>
    public byte[] Read(string path) => InputFile.Read(Locate(path), "readable", Files[path]);

    /// <summary>Returns the location of an image, for messages.</summary>
    public string Locate(string path) => File.Exists(Root) ? $"{Root}: {OriginalName(path)}" : Path.Combine(Root, OriginalName(path));

    /// <summary>Returns the name that an image has in the folder.</summary>
    public string OriginalName(string path) => originals?.GetValueOrDefault(path) ?? path;

    /// <summary>Returns the same images under the names that they have once they are resized.</summary>
    public FolderFiles AsResized()
    {
        var names = ImageResizer.OutputNames(Files.Keys);
        return this with
        {
            Files = names.ToDictionary(n => n.Name, n => Files[n.Path]),
            originals = names.ToDictionary(n => n.Name, n => n.Path),
        };
    }

    public void Dispose() => archive?.Dispose();

    private static FolderFiles OpenArchive(string path)
    {
        var passedOver = new SkippedFiles();
        var archive = ArchiveReader.Open(path, passedOver.TryAccept, passedOver.AddFolder);
        return new FolderFiles(path, archive.Files) { archive = archive, Skipped = passedOver };
    }
}
