namespace Arow.Data;

/// <summary>How a published file stands in a data folder.</summary>
/// <param name="File">The published file.</param>
/// <param name="Bytes">Its size there; null if it is absent.</param>
/// <param name="Md5">Its checksum there; null if it is absent.</param>
public sealed record FileCheck(RemoteFile File, long? Bytes, string? Md5)
{
    /// <summary>Whether it is there and, bit for bit, the published one.</summary>
    public bool Official => Md5 == File.Md5;

    /// <summary>Files that are read in its place where it is absent: see <see cref="IDataSet.Instead"/>.</summary>
    public IReadOnlyList<string> Instead { get; private init; } = [];

    /// <summary>
    /// Checks every file of a set. A set may load without being official: unpacked, reordered or made by the user.
    /// </summary>
    /// <param name="set">The set.</param>
    /// <param name="folder">The folder that holds its files, or an archive of them.</param>
    public static IReadOnlyList<FileCheck> All(IDataSet set, string folder) =>
    [
        .. set.Files.Select(file =>
        {
            // An archive that is given by its own name, whatever that is, may be the published one.
            var archive = System.IO.File.Exists(folder) && new FileInfo(folder).Length == file.Bytes ? new FileInfo(folder) : null;
            var places = Directory.Exists(folder) ? KnownFiles.Places(folder, set.Name) : [];
            var found = archive ?? places.Select(place => new FileInfo(Path.Combine(place, file.Name))).FirstOrDefault(f => f.Exists);
            return found is not null ? new FileCheck(file, found.Length, Download.Md5(found.FullName))
                : new FileCheck(file, null, null) { Instead = set.Instead(file, folder) };
        }),
    ];
}
