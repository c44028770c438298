namespace Arow.Data;

/// <summary>Recursive listing of a folder; links are followed.</summary>
internal static class FolderTree
{
    /// <summary>Returns the files.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="onFolder">Called for each folder below it.</param>
    /// <param name="onBrokenLink">Called for each broken link that does not have the name of an image; such links are not returned.</param>
    /// <exception cref="InputException">A link leads to a folder that contains it, or a name is not UTF-8.</exception>
    public static IReadOnlyList<string> ListFiles(string root, Action<string>? onFolder = null, Action<string>? onBrokenLink = null)
    {
        var files = new List<string>();
        Walk(new DirectoryInfo(root), []);
        return files;

        void Walk(DirectoryInfo at, List<string> above)
        {
            var real = at.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? at.FullName;
            if (above.Contains(real)) throw new InputException($"{at}: is a link to a folder that contains it");
            above.Add(real);
            foreach (var file in at.EnumerateFiles())
            {
                var path = Combine(at, file);
                if (onBrokenLink is not null && file.LinkTarget is not null && !PictureCodec.HasPictureExtension(path)
                    && file.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true) onBrokenLink(path);
                else files.Add(path);
            }
            foreach (var below in at.EnumerateDirectories().Select(below => Combine(at, below)))
            {
                onFolder?.Invoke(below);
                Walk(new DirectoryInfo(below), above);
            }
            above.RemoveAt(above.Count - 1);
        }
    }

    /// <summary>File names are bytes: one that is not UTF-8 changes when it is decoded, and no file has the changed name.</summary>
    private static string Combine(DirectoryInfo folder, FileSystemInfo item)
    {
        var path = Path.Combine(folder.ToString(), item.Name);
        return !item.Name.Contains('\ufffd') || Path.Exists(path) ? path
            : throw new InputException($"{path}: its name is not UTF-8, so it cannot be opened; rename it (convmv does so for whole folders)");
    }
}
