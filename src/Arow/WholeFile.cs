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

    /// <summary>Writes what <paramref name="content"/> puts into the stream; nothing is left if it throws.</summary>
    public static void Write(string path, Action<FileStream> content)
    {
        var beside = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                content(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
