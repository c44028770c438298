namespace Arow;

/// <summary>
/// An atomic write of a folder, which is complete or does not exist: filled at a temporary path, then moved. One process at a
/// time fills one for a path, and removes what killed processes left there.
/// </summary>
public sealed class WholeFolder : IDisposable
{
    private readonly string full;
    private readonly Claim claim;

    private WholeFolder(string full, Claim claim) => (this.full, this.claim) = (full, claim);

    /// <summary>The temporary folder to fill.</summary>
    public string Beside => Leftovers.Beside(full);

    private string Before => $"{full}.{Environment.ProcessId}.old";

    /// <summary>Creates the temporary folder before any work, so that a path that cannot be written is found at once.</summary>
    /// <param name="path">The final path.</param>
    /// <exception cref="InputException">It cannot be written, or another process writes it.</exception>
    public static WholeFolder Begin(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OutputPath.FolderFault(full) is { } fault) throw new InputException($"{path} {fault}");
        var claim = Claim.On(path);
        try
        {
            RemoveLeftovers(full);
            var folder = new WholeFolder(full, claim);
            Directory.CreateDirectory(folder.Beside);
            return folder;
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>Moves the temporary folder to its path, replacing an existing folder.</summary>
    public void Finish()
    {
        if (Directory.Exists(full)) Directory.Move(full, Before);
        try
        {
            Directory.Move(Beside, full);
        }
        catch
        {
            if (Directory.Exists(Before) && !Directory.Exists(full)) Directory.Move(Before, full);
            throw;
        }
        if (Directory.Exists(Before)) Directory.Delete(Before, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Beside)) Directory.Delete(Beside, recursive: true);
        claim.Dispose();
    }

    private static void RemoveLeftovers(string full)
    {
        var name = Path.GetFileName(full);
        foreach (var folder in Directory.EnumerateDirectories(Path.GetDirectoryName(full) ?? full).ToList())
        {
            if (Leftovers.IsBeside(folder, name)) Directory.Delete(folder, recursive: true);
            if (!Leftovers.IsBeside(folder, name, "old")) continue;
            // The process was killed between the two moves: only the old folder exists.
            if (Directory.Exists(full)) Directory.Delete(folder, recursive: true);
            else Directory.Move(folder, full);
        }
    }
}
