namespace Arow.Data;

/// <summary>State of a published file in a data folder.</summary>
/// <param name="File">The published file.</param>
/// <param name="Bytes">Size of the file in the folder; null if it is missing.</param>
/// <param name="Md5">Checksum of the file in the folder; null if it is missing.</param>
internal sealed record FileCheck(RemoteFile File, long? Bytes, string? Md5)
{
    /// <summary>Whether the file exists and is identical to the published one.</summary>
    public bool IsOfficial => Md5 == File.Md5;

    /// <summary>Files that are read instead if it is missing: see <see cref="IDataSet.FindSubstitutes"/>.</summary>
    public IReadOnlyList<string> Substitutes { get; private init; } = [];

    /// <summary>Checks every file of a set. A set can load without the official files: unpacked, reordered or made by the user.</summary>
    /// <param name="set">The set.</param>
    /// <param name="folder">The folder that contains the files, or an archive of them.</param>
    public static IReadOnlyList<FileCheck> CheckAll(IDataSet set, string folder) =>
    [
        .. set.Files.Select(file =>
        {
            // An archive given by its own path may be the published file, whatever its name.
            var archive = System.IO.File.Exists(folder) && new FileInfo(folder).Length == file.Bytes ? new FileInfo(folder) : null;
            var places = Directory.Exists(folder) ? DataSetFiles.SearchFolders(folder, set.Name) : [];
            var found = archive ?? places.Select(place => new FileInfo(Path.Combine(place, file.Name))).FirstOrDefault(f => f.Exists);
            return found is not null ? new FileCheck(file, found.Length, Download.ComputeMd5(found.FullName))
                : new FileCheck(file, null, null) { Substitutes = set.FindSubstitutes(file, folder) };
        }),
    ];
}
