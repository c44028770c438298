namespace Arow;

/// <summary>Places that a command is asked to write to: what is in the way is found before any work, without a trace.</summary>
public static class OutputPath
{
    private const string BrokenLink = "a link that leads nowhere";

    /// <summary>Why a folder cannot be made or written at a place; null if it can.</summary>
    /// <param name="path">The folder; with those above it, it need not be there.</param>
    public static string? FolderFault(string path) => Fault(path, full =>
    {
        if (InTheWay(full) is not var (at, what)) return Probe(Path.Combine(full, "probe"));
        return at == full ? $"is {what}; a folder is needed" : $"cannot be made: {at} is {what}";
    });

    /// <summary>Why a file cannot be written at a place; null if it can. One that is there gives way.</summary>
    /// <param name="path">The file; its folder is to be there.</param>
    public static string? FileFault(string path) => Fault(path, full =>
    {
        if (Directory.Exists(full)) return "is a folder; the name of a file to write is needed";
        if (OrdinaryFile.Fault(full) is { } fault) return fault;
        if (LeadsNowhere(full)) return $"is {BrokenLink}";
        var parent = Path.GetDirectoryName(full)!;
        return Directory.Exists(parent) ? Probe(full)
            : InTheWay(parent) is var (at, what) ? $"cannot be written: {at} is {what}"
            : $"cannot be written: there is no folder {parent}";
    });

    /// <summary>Makes a folder with those above it, and gives those that were not there, the outermost first.</summary>
    internal static IReadOnlyList<string> Make(string folder)
    {
        var missing = new Stack<string>();
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at)) missing.Push(at);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch
        {
            Unmake([.. missing]);
            throw;
        }
        return [.. missing];
    }

    /// <summary>Removes folders that <see cref="Make"/> made, as far as they are empty.</summary>
    internal static void Unmake(IEnumerable<string> made)
    {
        foreach (var folder in made.Reverse())
        {
            try
            {
                if (Directory.Exists(folder)) Directory.Delete(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    private static string? Fault(string path, Func<string, string?> look)
    {
        try
        {
            return look(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"cannot be written: {Arow.FileFault.Reason(e)}";
        }
    }

    /// <summary>What stands where a folder is needed, there or above; null if nothing does.</summary>
    private static (string At, string What)? InTheWay(string folder)
    {
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            if (LeadsNowhere(at)) return (at, BrokenLink);
            if (File.Exists(at)) return (at, "a file");
        }
        return null;
    }

    /// <summary>Whether a place is a link, the end of which is not there or is the link itself.</summary>
    internal static bool LeadsNowhere(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is not null && !Directory.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is not { Exists: true };
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Writes what an output is written to at first, and removes it.</summary>
    private static string? Probe(string output)
    {
        var made = (IReadOnlyList<string>)[];
        try
        {
            made = Make(Path.GetDirectoryName(output)!);
            var beside = Leftovers.Beside(output);
            using (new FileStream(beside, FileMode.Create, FileAccess.ReadWrite, FileShare.Delete, 1, FileOptions.DeleteOnClose)) { }
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "cannot be written: nothing can be made there";
        }
        finally
        {
            Unmake(made);
        }
    }
}
