using Arow.Data;

namespace Arow.Inference;

/// <summary>Pictures by their names, from files, folders and archives, in the order in which these are named; within a folder in ordinal order.</summary>
/// <param name="paths">Read as the pictures are taken, so that there may be any number.</param>
public sealed class PictureFiles(IEnumerable<string> paths) : IDisposable
{
    private readonly List<FolderFiles> opened = [];

    /// <summary>Called with what was passed over in a folder or archive, a line each.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>A name for each picture, and what reads it, until this is disposed.</summary>
    /// <exception cref="InputException">A folder or archive cannot be read.</exception>
    public IEnumerable<(string Name, Func<byte[]> Read)> Each()
    {
        foreach (var path in paths)
        {
            if (!Directory.Exists(path) && !IsArchive(path))
            {
                yield return (path, () => OrdinaryFile.ReadAllBytes(path, Predictor.LongestFile));
                continue;
            }
            var folder = FolderFiles.Open("predict", path);
            opened.Add(folder);
            if (folder.Files.Count == 0) Warned?.Invoke($"{path}: has no PNG or JPEG pictures");
            if (folder.PassedOver.Pictures is { } others) Warned?.Invoke($"{path}: {folder.PassedOver.PictureCount} pictures were passed over: {others}; only PNG and JPEG are read");
            foreach (var name in folder.Files.Keys.Order(StringComparer.Ordinal)) yield return (folder.Place(name), folder.Files[name]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var folder in opened) folder.Dispose();
    }

    private static bool IsArchive(string path) => File.Exists(path) && !Picture.IsNamed(path) && (PackedFolder.IsNamed(path) || ArchiveFormat.Of(path).Length > 0);
}
