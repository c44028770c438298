using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Arow.IO;

namespace Arow.Data;

/// <summary>Reads the files of a .zip archive in place.</summary>
internal static class ZipArchiveReader
{
    // Bits of st_mode in POSIX, which a Unix program stores in the upper half of a member's attributes.
    private const int TypeMask = 0xF000, Folder = 0x4000, Ordinary = 0x8000;

    /// <summary>Adds the requested files.</summary>
    /// <exception cref="InputException">The archive is encrypted, or a member points outside of it.</exception>
    public static IDisposable Read(string path, ArchiveReader archive, Func<string, bool> filter)
    {
        var zip = Open(path, archive);
        try
        {
            var backslashes = !zip.Entries.Any(entry => entry.FullName.Contains('/'));
            var gate = new Lock();
            foreach (var entry in zip.Entries)
            {
                var name = archive.NormalizePath(entry.FullName, backslashes);
                var type = (entry.ExternalAttributes >> 16) & TypeMask;
                if (type == Folder || entry.FullName[^1] == '/' || backslashes && entry.FullName[^1] == '\\')
                {
                    archive.AddFolder(name);
                }
                else if (type is not (0 or Ordinary))
                {
                    archive.Skip(name);
                }
                else if (filter(name))
                {
                    if (entry.IsEncrypted) throw new InputException($"{path}: {name} is encrypted; unpack the archive with its password");
                    RegularFile.EnsureLength($"{path}: {name}", entry.Length, ArchiveReader.MaxMemberBytes);
                    archive.Add(name, () =>
                    {
                        lock (gate) return ReadContent(path, name, entry);
                    });
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

    /// <summary>
    /// Opens the archive. Names not declared as UTF-8 often are UTF-8; if one is invalid, all are read in the original code page of
    /// the format.
    /// </summary>
    private static ZipArchive Open(string path, ArchiveReader archive)
    {
        var zip = Open(path, Encoding.UTF8);
        if (!zip.Entries.Any(entry => entry.FullName.Contains('\ufffd'))) return zip;
        zip.Dispose();
        archive.AssumedNames = "has names that are not UTF-8; they are read as code page 437";
        return Open(path, CodePagesEncodingProvider.Instance.GetEncoding(437)!);
    }

    private static ZipArchive Open(string path, Encoding names) => new(RegularFile.Open(path), ZipArchiveMode.Read, leaveOpen: false, names);

    private static byte[] ReadContent(string path, string name, ZipArchiveEntry entry)
    {
        using var stream = OpenMember(path, name, entry);
        // Grow as bytes arrive: the length in a damaged directory must not determine the allocation.
        using var content = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
        var (crc, piece) = (new Crc32(), new byte[1 << 16]);
        for (int count; content.Length <= entry.Length && (count = stream.Read(piece)) > 0;)
        {
            content.Write(piece, 0, count);
            crc.Append(piece.AsSpan(0, count));
        }
        return content.Length == entry.Length && crc.GetCurrentHashAsUInt32() == entry.Crc32 ? content.ToArray()
            : throw new InputException($"{path}: {name}: is damaged (wrong length or checksum)");
    }

    private static Stream OpenMember(string path, string name, ZipArchiveEntry entry)
    {
        try
        {
            return entry.Open();
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{path}: {name}: is damaged or uses an unsupported compression method; repack it with Deflate", e);
        }
    }
}
