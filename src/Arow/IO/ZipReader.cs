using System.IO.Compression;
using System.IO.Hashing;

namespace Arow.IO;

/// <summary>
/// Reads zip archives of any maker: images, arrays, checkpoints. Everything is verified: entries are within the file and do not overlap,
/// contents have the declared length and CRC. Nothing is unpacked to disk, and memory follows the content, not what is declared.
/// Threads may read at the same time.
/// </summary>
internal sealed class ZipReader : IDisposable
{
    private readonly FileStream file;

    private ZipReader(string path, FileStream file)
    {
        (Path, this.file) = (path, file);
        var directory = new ZipDirectory(path, file);
        Entries = directory.Read();
        HasLegacyNames = directory.HasLegacyNames;
    }

    /// <summary>Path of the archive.</summary>
    public string Path { get; }

    /// <summary>The entries, in their order. Names are not checked: two may be equal, or point outside of the archive.</summary>
    public IReadOnlyList<ZipEntry> Entries { get; }

    /// <summary>Whether names were read as code page 437, since one of them is not UTF-8.</summary>
    public bool HasLegacyNames { get; }

    /// <summary>Whether a CRC of 0 means that none was written (torch.serialization.set_crc32_options).</summary>
    public bool AllowsMissingCrc { get; init; }

    /// <summary>Whether a file begins like a zip archive.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8);

    /// <summary>Opens an archive and checks its directory.</summary>
    /// <exception cref="InputException">The archive is damaged or truncated.</exception>
    /// <exception cref="InvalidDataException">It is not a zip archive.</exception>
    public static ZipReader Open(string path, bool allowsMissingCrc = false)
    {
        var file = RegularFile.Open(path);
        try
        {
            return new ZipReader(path, file) { AllowsMissingCrc = allowsMissingCrc };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens an entry; what is wrong with its content is thrown at its end.</summary>
    /// <exception cref="InputException">It is encrypted, or compressed in a way that is not read.</exception>
    public Stream Open(ZipEntry entry)
    {
        if (entry.IsEncrypted) throw new InputException($"{Path}: {entry.Name} is encrypted; unpack the archive with its password");
        if (entry.Method == ZipMethod.Other)
            throw new InputException($"{Path}: {entry.Name} uses an unsupported compression method; repack it with Deflate");
        var packed = new EntryBytes(file, entry);
        return new VerifiedStream(this, entry, entry.Method == ZipMethod.Stored ? packed : new DeflateStream(packed, CompressionMode.Decompress));
    }

    /// <summary>Reads an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="maximumLength">Largest permitted length in bytes.</param>
    public byte[] Read(ZipEntry entry, long maximumLength)
    {
        RegularFile.EnsureLength($"{Path}: {entry.Name}", entry.Length, maximumLength);
        using var stream = Open(entry);
        // Grows as bytes arrive: what a damaged directory declares must not determine the allocation.
        using var content = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
        stream.CopyTo(content);
        return content.Length == content.Capacity ? content.GetBuffer() : content.ToArray();
    }

    public void Dispose() => file.Dispose();

    /// <summary>The bytes of an entry as they are in the archive.</summary>
    private sealed class EntryBytes(FileStream file, ZipEntry entry) : ForwardStream
    {
        private long at;

        public override int Read(Span<byte> buffer)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, entry.CompressedLength - at)];
            var read = RandomAccess.Read(file.SafeFileHandle, buffer, entry.DataOffset + at);
            at += read;
            return read;
        }
    }

    /// <summary>The content of an entry, whose length and CRC are compared with the directory at its end.</summary>
    private sealed class VerifiedStream(ZipReader zip, ZipEntry entry, Stream content) : ForwardStream
    {
        private readonly Crc32 crc = new();
        private long length;
        private bool isVerified;

        public override int Read(Span<byte> buffer)
        {
            if (buffer.Length == 0 || isVerified) return 0;
            var read = ReadContent(buffer);
            crc.Append(buffer[..read]);
            length += read;
            if (length > entry.Length) throw Error("is longer than declared");
            if (read == 0 && length < entry.Length) throw Error("ends early");
            if (length == entry.Length) Verify();
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) content.Dispose();
            base.Dispose(disposing);
        }

        private void Verify()
        {
            Span<byte> more = stackalloc byte[1];
            if (ReadContent(more) > 0) throw Error("is longer than declared");
            if (!(entry.Crc == 0 && zip.AllowsMissingCrc) && crc.GetCurrentHashAsUInt32() != entry.Crc) throw Error("has a wrong CRC");
            isVerified = true;
        }

        private int ReadContent(Span<byte> buffer)
        {
            try
            {
                return content.Read(buffer);
            }
            catch (InvalidDataException e)
            {
                throw Error("cannot be unpacked", e);
            }
        }

        private InputException Error(string fault, Exception? inner = null) => new($"{zip.Path}: is damaged: '{entry.Name}' {fault}", inner);
    }
}
