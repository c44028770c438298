namespace Arow.Data;

/// <summary>A folder with all that is below it, links to elsewhere followed.</summary>
internal static class FolderTree
{
    /// <summary>The files.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="folder">Told of each folder below it.</param>
    /// <param name="broken">Told of each link to what is not there, unless it is called as an image is; such are no files then.</param>
    /// <exception cref="InputException">A link leads to a folder that it lies in, or a name is no UTF-8.</exception>
    public static IReadOnlyList<string> Files(string root, Action<string>? folder = null, Action<string>? broken = null)
    {
        var files = new List<string>();
        Walk(new DirectoryInfo(root), []);
        return files;

        void Walk(DirectoryInfo at, List<string> above)
        {
            var real = at.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? at.FullName;
            if (above.Contains(real)) throw new InputException($"{at}: is a link to a folder that it lies in");
            above.Add(real);
            foreach (var file in at.EnumerateFiles())
            {
                var path = Below(at, file);
                if (broken is not null && file.LinkTarget is not null && !Picture.IsNamed(path) && file.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true) broken(path);
                else files.Add(path);
            }
            foreach (var below in at.EnumerateDirectories().Select(below => Below(at, below)))
            {
                folder?.Invoke(below);
                Walk(new DirectoryInfo(below), above);
            }
            above.RemoveAt(above.Count - 1);
        }
    }

    /// <summary>Names on a disk are bytes; those that are no UTF-8 reach a program changed, under a name that nothing has.</summary>
    private static string Below(DirectoryInfo folder, FileSystemInfo item)
    {
        var path = Path.Combine(folder.ToString(), item.Name);
        return !item.Name.Contains('\ufffd') || Path.Exists(path) ? path
            : throw new InputException($"{path}: its name is not UTF-8, so that it cannot be opened; rename it (convmv does so for whole folders)");
    }
}
