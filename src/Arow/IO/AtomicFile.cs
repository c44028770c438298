namespace Arow.IO;

/// <summary>Atomic writes of files, which are complete or do not exist: written to a temporary file and moved when complete.</summary>
internal static class AtomicFile
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
        using var source = RegularFile.Open(from);
        source.CopyTo(file);
    });

    /// <summary>
    /// Writes a file by a callback; leaves nothing if the callback throws. Removes temporary files of processes that were killed
    /// while they wrote the same file.
    /// </summary>
    public static void Write(string path, Action<FileStream> content)
    {
        var temporary = TemporaryFiles.PathFor(path);
        TemporaryFiles.RemoveAbandoned(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        // Readers may open the unfinished file: its content can be verified before it is moved.
        using var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete | FileShare.Read, 1 << 16);
        try
        {
            content(file);
            file.Flush(flushToDisk: true);
            // Moved while open, so that it is never mistaken for an abandoned file.
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
