namespace Arow.Data;

/// <summary>How a published file stands in a data folder.</summary>
/// <param name="File">The published file.</param>
/// <param name="Bytes">Its size there; null if it is absent.</param>
/// <param name="Md5">Its checksum there; null if it is absent.</param>
public sealed record FileCheck(RemoteFile File, long? Bytes, string? Md5)
{
    /// <summary>Whether it is there and, bit for bit, the published one.</summary>
    public bool Official => Md5 == File.Md5;

    /// <summary>
    /// Checks every file of a set. A set may load without being official: unpacked, reordered or made by the user.
    /// </summary>
    public static IReadOnlyList<FileCheck> All(IDataSet set, string folder) =>
    [
        .. set.Files.Select(file =>
        {
            var places = Directory.Exists(folder) ? KnownFiles.Places(folder, set.Name) : [folder];
            var found = places.Select(place => new FileInfo(Path.Combine(place, file.Name))).OrderByDescending(f => f.Exists).First();
            return found.Exists ? new FileCheck(file, found.Length, Download.Md5(found.FullName)) : new FileCheck(file, null, null);
        }),
    ];
}
