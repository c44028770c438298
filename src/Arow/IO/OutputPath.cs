namespace Arow.IO;

/// <summary>Validates output paths before any work, without leaving a trace.</summary>
internal static class OutputPath
{
    private const string BrokenLink = "a broken link";

    /// <summary>Returns an error message if a folder cannot be created or written; null if it can.</summary>
    /// <param name="path">The folder; it and its parents need not exist.</param>
    public static string? ValidateFolder(string path) => Validate(path, full =>
    {
        if (FindBlocker(full) is not var (at, what)) return TryCreate(Path.Combine(full, "probe"));
        return at == full ? $"is {what}; a folder is required" : $"cannot be created: {at} is {what}";
    });

    /// <summary>Returns an error message if a file cannot be written; null if it can. An existing file would be replaced.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    public static string? ValidateFile(string path) => Validate(path, full =>
    {
        if (Directory.Exists(full)) return "is a folder; specify a file";
        if (RegularFile.ValidateKind(full) is { } fault) return fault;
        if (IsBrokenLink(full)) return $"is {BrokenLink}";
        var parent = Path.GetDirectoryName(full)!;
        return Directory.Exists(parent) ? TryCreate(full)
            : FindBlocker(parent) is var (at, what) ? $"cannot be written: {at} is {what}"
            : $"cannot be written: the folder {parent} does not exist";
    });

    /// <summary>
    /// Returns what is in the folder of an output, but for temporary files; nothing if it does not exist. Another process that validates the same
    /// path creates and removes it at any moment.
    /// </summary>
    internal static IEnumerable<string> FindEntries(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        try
        {
            return Directory.GetFileSystemEntries(folder).Where(entry => !TemporaryFiles.IsTemporary(entry));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Creates a folder with its parents, and returns those that did not exist, outermost first.</summary>
    internal static IReadOnlyList<string> CreateFolders(string folder)
    {
        var missing = new Stack<string>();
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at)) missing.Push(at);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch
        {
            RemoveFolders([.. missing]);
            throw;
        }
        return [.. missing];
    }

    /// <summary>Removes folders that <see cref="CreateFolders"/> created, as far as they are empty.</summary>
    internal static void RemoveFolders(IEnumerable<string> folders)
    {
        foreach (var folder in folders.Reverse())
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

    private static string? Validate(string path, Func<string, string?> validate)
    {
        try
        {
            return validate(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"cannot be written: {Arow.IO.FileError.Describe(e)}";
        }
    }

    /// <summary>Returns what blocks a folder, at its path or above; null if nothing does.</summary>
    private static (string At, string What)? FindBlocker(string folder)
    {
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            if (IsBrokenLink(at)) return (at, BrokenLink);
            if (File.Exists(at)) return (at, "a file");
        }
        return null;
    }

    /// <summary>Whether a path is a link without a target, or in a loop of links.</summary>
    internal static bool IsBrokenLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is not null && !Directory.Exists(path)
                && File.ResolveLinkTarget(path, returnFinalTarget: true) is not { Exists: true };
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Creates the temporary file of an output, and removes it.</summary>
    private static string? TryCreate(string output)
    {
        // Another process may try the same, and remove the folder that it created meanwhile.
        var fault = TryCreateOnce(output);
        for (var tries = 1; fault is not null && tries < 20; tries++) fault = TryCreateOnce(output);
        return fault;
    }

    private static string? TryCreateOnce(string output)
    {
        var created = (IReadOnlyList<string>)[];
        try
        {
            created = CreateFolders(Path.GetDirectoryName(output)!);
            var temporary = TemporaryFiles.PathFor(output);
            using (new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.Delete, 1, FileOptions.DeleteOnClose)) { }
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "cannot be written: no file can be created there";
        }
        finally
        {
            RemoveFolders(created);
        }
    }
}
