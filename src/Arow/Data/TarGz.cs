using System.Formats.Tar;

namespace Arow.Data;

/// <summary>
/// Reads .tar.gz archives into memory; nothing is unpacked to disk. An archive with a member that points outside of it,
/// or a link, is refused as a whole: nobody makes a data set that way by accident.
/// </summary>
internal static class TarGz
{
    /// <summary>Whether a file name says that it is such an archive.</summary>
    public static bool IsNamed(string path) =>
        path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The archive in a folder, where there is exactly one; null otherwise.</summary>
    public static string? Only(string folder) =>
        Directory.EnumerateFiles(folder).Where(IsNamed).Take(2).ToArray() is [var only] ? only : null;

    /// <summary>The wanted files, in the order of the archive; names use / and begin without one.</summary>
    /// <exception cref="InputException">The archive is damaged or has a member that points outside.</exception>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Read(string path, Func<string, bool> wanted) =>
        InputFile.Read(path, "a .tar.gz archive", () => GzipFile.Read(path, stream =>
        {
            var members = new List<(string, byte[])>();
            using var tar = new TarReader(stream, leaveOpen: true);
            while (Next(tar) is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) continue;
                var name = Inside(path, entry.Name);
                if (entry.EntryType is TarEntryType.Directory) continue;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    throw new InputException($"{path}: member '{entry.Name}' is no ordinary file but a {entry.EntryType}");
                if (wanted(name)) members.Add((name, Content(entry)));
            }
            return members;
        }));

    /// <summary>.NET has another exception where it is a header's size that cannot be.</summary>
    private static TarEntry? Next(TarReader tar)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static string Inside(string path, string name)
    {
        var parts = name.Split('/', '\\');
        return name.Length > 0 && parts[0].Length > 0 && !parts[0].Contains(':') && !parts.Contains("..") && !name.Contains('\0')
            ? string.Join('/', parts.Where(p => p is not ("." or "")))
            : throw new InputException($"{path}: member '{name.Replace('\0', ' ')}' points outside the archive");
    }

    private static byte[] Content(TarEntry entry)
    {
        // Grows as bytes arrive: the length that a damaged header claims is not to be trusted with memory.
        using var content = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
        entry.DataStream?.CopyTo(content);
        if (content.Length != entry.Length) throw new EndOfStreamException();
        return content.ToArray();
    }
}
