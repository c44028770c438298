namespace Arow.Data;

/// <summary>A folder with all that is below it, links to elsewhere followed.</summary>
internal static class FolderTree
{
    /// <summary>The files.</summary>
    /// <exception cref="InputException">A link leads to a folder that it lies in, or a name is no UTF-8.</exception>
    public static IReadOnlyList<string> Files(string root)
    {
        var files = new List<string>();
        Walk(new DirectoryInfo(root), []);
        return files;

        void Walk(DirectoryInfo folder, List<string> above)
        {
            var real = folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.FullName;
            if (above.Contains(real)) throw new InputException($"{folder}: is a link to a folder that it lies in");
            above.Add(real);
            files.AddRange(folder.EnumerateFiles().Select(file => Below(folder, file)));
            foreach (var below in folder.EnumerateDirectories()) Walk(new DirectoryInfo(Below(folder, below)), above);
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
