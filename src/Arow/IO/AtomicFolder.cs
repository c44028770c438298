namespace Arow.IO;

/// <summary>
/// An atomic write of a folder, which is complete or does not exist: filled at a temporary path, then moved. One process at a
/// time fills one for a path, and removes what killed processes left there.
/// </summary>
internal sealed class AtomicFolder : IDisposable
{
    private readonly string fullPath;
    private readonly FolderLock folderLock;

    private AtomicFolder(string fullPath, FolderLock folderLock) => (this.fullPath, this.folderLock) = (fullPath, folderLock);

    /// <summary>The temporary folder to fill.</summary>
    public string TemporaryPath => TemporaryFiles.PathFor(fullPath);

    private string BackupPath => $"{fullPath}.{Environment.ProcessId}.old";

    /// <summary>Creates the temporary folder before any work, so that a path that cannot be written is found at once.</summary>
    /// <param name="path">The final path.</param>
    /// <exception cref="InputException">It cannot be written, or another process writes it.</exception>
    public static AtomicFolder Begin(string path)
    {
        var fullPath = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OutputPath.ValidateFolder(fullPath) is { } fault) throw new InputException($"{path} {fault}");
        var folderLock = FolderLock.AcquireFor(path);
        try
        {
            RemoveLeftovers(fullPath);
            var folder = new AtomicFolder(fullPath, folderLock);
            Directory.CreateDirectory(folder.TemporaryPath);
            return folder;
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Moves the temporary folder to its path, replacing an existing folder.</summary>
    public void Commit()
    {
        if (Directory.Exists(fullPath)) Directory.Move(fullPath, BackupPath);
        try
        {
            Directory.Move(TemporaryPath, fullPath);
        }
        catch
        {
            if (Directory.Exists(BackupPath) && !Directory.Exists(fullPath)) Directory.Move(BackupPath, fullPath);
            throw;
        }
        if (Directory.Exists(BackupPath)) Directory.Delete(BackupPath, recursive: true);
    }

    public void Dispose()
    {
        if (Directory.Exists(TemporaryPath)) Directory.Delete(TemporaryPath, recursive: true);
        folderLock.Dispose();
    }

    private static void RemoveLeftovers(string full)
    {
        var name = Path.GetFileName(full);
        foreach (var folder in Directory.EnumerateDirectories(Path.GetDirectoryName(full) ?? full).ToList())
        {
            if (TemporaryFiles.IsTemporary(folder, name)) Directory.Delete(folder, recursive: true);
            if (!TemporaryFiles.IsTemporary(folder, name, "old")) continue;
            // The process was killed between the two moves: only the old folder exists.
            if (Directory.Exists(full)) Directory.Delete(folder, recursive: true);
            else Directory.Move(folder, full);
        }
    }
}
