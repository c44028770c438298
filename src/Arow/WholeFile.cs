namespace Arow;

/// <summary>Atomic writes of files, which are complete or do not exist: written to a temporary file and moved when complete.</summary>
public static class WholeFile
{
    /// <summary>Writes text.</summary>
    public static void Write(string path, string text) => Write(path, file =>
    {
        using var writer = new StreamWriter(file, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>Copies a file.</summary>
    public static void Copy(string from, string path) => Write(path, file =>
    {
        using var source = OrdinaryFile.Open(from);
        source.CopyTo(file);
    });

    /// <summary>
    /// Writes a file by a callback; leaves nothing if the callback throws. Removes temporary files of processes that were killed
    /// while they wrote the same file.
    /// </summary>
    public static void Write(string path, Action<FileStream> content)
    {
        var beside = Leftovers.Beside(path);
        Leftovers.Remove(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        // Readers may open the unfinished file: its content can be verified before it is moved.
        using var file = new FileStream(beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete | FileShare.Read, 1 << 16);
        try
        {
            content(file);
            file.Flush(flushToDisk: true);
            // Moved while open, so that it is never mistaken for an abandoned file.
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
