using System.Formats.Tar;
using Arow.IO;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.BZip2;

namespace Arow.Data;

/// <summary>The files of a .tar archive, plain or compressed.</summary>
internal static class TarArchiveReader
{
    /// <summary>
    /// Limit of the bytes kept of a compressed archive. Images hardly compress, so a valid archive has far fewer; the limit bounds
    /// the memory that a small file can claim.
    /// </summary>
    private const long MinMemoryLimit = 64 << 20, MemoryLimitFactor = 16;

    /// <summary>Records the positions of the files, which are read in place.</summary>
    public static IDisposable ReadInPlace(string path, ArchiveReader archive, Func<string, bool> filter)
    {
        var file = RegularFile.Open(path);
        try
        {
            ForEachFile(file, archive, filter, (name, entry) =>
            {
                var (start, length) = (entry.DataOffset, CheckedLength(path, name, entry));
                archive.Add(name, () => ReadAt(file, start, length));
            });
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the files of a gzip-compressed archive.</summary>
    public static IDisposable? ReadGzip(string path, ArchiveReader archive, Func<string, bool> filter) =>
        GzipReader.Read(path, stream => KeepInMemory(path, stream, archive, filter));

    /// <summary>Keeps the files of a bzip2-compressed archive, of one stream or, as parallel programs write, of several.</summary>
    public static IDisposable? ReadBzip2(string path, ArchiveReader archive, Func<string, bool> filter)
    {
        using var file = RegularFile.Open(path);
        try
        {
            using var stream = new ConcatenatedBzip2Stream(file);
            KeepInMemory(path, stream, archive, filter);
            stream.CopyTo(Stream.Null);
            return null;
        }
        catch (Exception e) when (e is SharpZipBaseException or IndexOutOfRangeException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static IDisposable? KeepInMemory(string path, Stream stream, ArchiveReader archive, Func<string, bool> filter)
    {
        var limit = MinMemoryLimit + MemoryLimitFactor * new FileInfo(path).Length;
        var kept = 0L;
        ForEachFile(stream, archive, filter, (name, entry) =>
        {
            if ((kept += CheckedLength(path, name, entry)) > limit)
                throw new InputException(
                    $"{path}: unpacks to more than {limit} bytes of images, {MemoryLimitFactor} times its size and {MinMemoryLimit >> 20} MB; if "
                        + "that is right, unpack it, or repack it as .zip or .tar, which are read in place");
            var bytes = ReadContent(entry);
            archive.Add(name, () => bytes);
        });
        return null;
    }

    private static void ForEachFile(Stream stream, ArchiveReader archive, Func<string, bool> filter, Action<string, TarEntry> onFile)
    {
        using var tar = new TarReader(stream, leaveOpen: true);
        while (ReadEntry(tar) is { } entry)
        {
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) continue;
            var name = archive.NormalizePath(entry.Name);
            if (entry.EntryType is TarEntryType.Directory or TarEntryType.DirectoryList) archive.AddFolder(name);
            else if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) archive.Skip(
                name);
            else if (filter(name)) onFile(name, entry);
        }
    }

    /// <summary>Reads the next entry. .NET throws another exception for an impossible size in a header.</summary>
    private static TarEntry? ReadEntry(TarReader tar)
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

    private static long CheckedLength(string path, string name, TarEntry entry)
    {
        RegularFile.EnsureLength($"{path}: {name}", entry.Length, ArchiveReader.MaxMemberBytes);
        return entry.Length;
    }

    private static byte[] ReadAt(FileStream file, long start, long length)
    {
        var bytes = new byte[length];
        for (int at = 0, read; at < bytes.Length; at += read)
        {
            read = RandomAccess.Read(file.SafeFileHandle, bytes.AsSpan(at), start + at);
            if (read == 0) throw new EndOfStreamException();
        }
        return bytes;
    }

    private static byte[] ReadContent(TarEntry entry)
    {
        // Grow as bytes arrive: the length in a damaged header must not determine the allocation.
        using var content = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
        entry.DataStream?.CopyTo(content);
        return content.Length == entry.Length ? content.ToArray() : throw new EndOfStreamException();
    }

    /// <summary>Concatenated bzip2 streams as one stream.</summary>
    private sealed class ConcatenatedBzip2Stream(FileStream file) : ForwardStream
    {
        private readonly byte[] piece = new byte[1 << 16];
        private BZip2InputStream? current;

        public override int Read(Span<byte> buffer)
        {
            while (buffer.Length > 0)
            {
                if (current is null)
                {
                    if (file.Position == file.Length) return 0;
                    current = new BZip2InputStream(file) { IsStreamOwner = false };
                }
                // The decoder reads only into arrays.
                if (current.Read(piece, 0, Math.Min(buffer.Length, piece.Length)) is > 0 and var read)
                {
                    piece.AsSpan(0, read).CopyTo(buffer);
                    return read;
                }
                current.Dispose();
                current = null;
            }
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) current?.Dispose();
            base.Dispose(disposing);
        }
    }
}
