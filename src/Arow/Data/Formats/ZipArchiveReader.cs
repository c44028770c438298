using Arow.IO;

namespace Arow.Data;

/// <summary>Reads the files of a .zip archive in place.</summary>
internal static class ZipArchiveReader
{
    // Type bits of st_mode in POSIX.
    private const int TypeMask = 0xF000, Folder = 0x4000, Ordinary = 0x8000;

    /// <summary>Adds the requested files.</summary>
    /// <exception cref="InputException">The archive is damaged or encrypted, or a member points outside of it.</exception>
    public static IDisposable Read(string path, ArchiveReader archive, Func<string, bool> filter)
    {
        var zip = ZipReader.Open(path);
        try
        {
            if (zip.HasLegacyNames) archive.AssumedNames = "has names that are not UTF-8; they are read as code page 437";
            var backslashes = !zip.Entries.Any(entry => entry.Name.Contains('/'));
            foreach (var entry in zip.Entries)
            {
                var name = archive.NormalizePath(entry.Name, backslashes);
                var type = entry.Mode & TypeMask;
                if (type == Folder || entry.Name[^1] == '/' || backslashes && entry.Name[^1] == '\\')
                {
                    archive.AddFolder(name);
                }
                else if (type is not (0 or Ordinary))
                {
                    archive.Skip(name);
                }
                else if (filter(name))
                {
                    zip.Open(entry).Dispose();
                    RegularFile.EnsureLength($"{path}: {name}", entry.Length, ArchiveReader.MaxMemberBytes);
                    archive.Add(name, () => zip.Read(entry, ArchiveReader.MaxMemberBytes));
                }
            }
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }
}
