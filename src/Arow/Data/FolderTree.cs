namespace Arow.Data;

/// <summary>A folder with all that is below it, links to elsewhere followed.</summary>
internal static class FolderTree
{
    /// <summary>The files.</summary>
    /// <exception cref="InputException">A link leads to a folder that it lies in.</exception>
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
            files.AddRange(folder.EnumerateFiles().Select(file => Path.Combine(folder.ToString(), file.Name)));
            foreach (var below in folder.EnumerateDirectories()) Walk(new DirectoryInfo(Path.Combine(folder.ToString(), below.Name)), above);
            above.RemoveAt(above.Count - 1);
        }
    }
}
