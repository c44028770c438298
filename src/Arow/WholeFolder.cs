namespace Arow;

/// <summary>
/// A folder that is there whole or not at all: filled beside its place, then moved there. One process at a time fills one for
/// a place, and removes what those that were killed left there.
/// </summary>
public sealed class WholeFolder : IDisposable
{
    private readonly string full;
    private readonly Claim claim;

    private WholeFolder(string full, Claim claim) => (this.full, this.claim) = (full, claim);

    /// <summary>What is to be filled.</summary>
    public string Beside => Leftovers.Beside(full);

    private string Before => $"{full}.{Environment.ProcessId}.old";

    /// <summary>Makes the folder to fill, before any work: a place that cannot be written is found at once.</summary>
    /// <param name="path">The place.</param>
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

    /// <summary>Moves what was filled to its place; what was there gives way.</summary>
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
            // Killed between the two moves: the older one is all that there is.
            if (Directory.Exists(full)) Directory.Delete(folder, recursive: true);
            else Directory.Move(folder, full);
        }
    }
}
