namespace Arow;

/// <summary>Files that are there whole or not at all: written beside their place and moved there when complete.</summary>
public static class WholeFile
{
    /// <summary>Writes text.</summary>
    public static void Write(string path, string text) => Write(path, file =>
    {
        using var writer = new StreamWriter(file, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>Writes a copy of a file.</summary>
    public static void Copy(string from, string path) => Write(path, file =>
    {
        using var source = OrdinaryFile.Open(from);
        source.CopyTo(file);
    });

    /// <summary>
    /// Writes what <paramref name="content"/> puts into the stream; nothing is left if it throws. What a process that was
    /// killed in the midst of writing the same file left is removed.
    /// </summary>
    public static void Write(string path, Action<FileStream> content)
    {
        var beside = Leftovers.Beside(path);
        Leftovers.Remove(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        // Others may read what is there so far: a file can be checked before it is in its place.
        using var file = new FileStream(beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete | FileShare.Read, 1 << 16);
        try
        {
            content(file);
            file.Flush(flushToDisk: true);
            // Moved while it is open, so that it is never taken for what a dead process left.
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
