using System.IO.Compression;
using System.IO.Hashing;

namespace Arow.IO;

/// <summary>
/// Reads records of a zip archive as PyTorch writes it: stored or deflated, with 64-bit sizes if needed. Everything is verified:
/// records are within the file, do not overlap and have unique names, inflated data has the declared length, and CRCs match. Nothing
/// is unpacked to disk.
/// </summary>
internal sealed class ZipRecords : IDisposable
{
    private const int BlockSize = 1 << 16;

    private readonly FileStream file;
    private readonly IReadOnlyDictionary<string, ZipRecord> records;

    private ZipRecords(string path, FileStream file, IReadOnlyDictionary<string, ZipRecord> records) =>
        (Path, this.file, this.records) = (path, file, records);

    /// <summary>Path of the archive.</summary>
    public string Path { get; }

    /// <summary>Names of the records, in their order.</summary>
    public IEnumerable<string> Names => records.Keys;

    /// <summary>Whether a file begins like a zip archive.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK\x03\x04"u8);

    /// <summary>Opens an archive and checks its directory.</summary>
    /// <exception cref="InputException">The archive is damaged, truncated or not as PyTorch writes it.</exception>
    public static ZipRecords Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            return new ZipRecords(path, file, new ZipDirectory(path, file).Read());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a record exists.</summary>
    public bool Contains(string name) => records.ContainsKey(name);

    /// <summary>Returns the uncompressed length of a record.</summary>
    public long Length(string name) => GetRecord(name).Length;

    /// <summary>Reads a record.</summary>
    /// <param name="name">Name of the record.</param>
    /// <param name="maxLength">Largest permitted length in bytes.</param>
    public byte[] Read(string name, long maxLength)
    {
        var length = GetRecord(name).Length;
        if (length > maxLength) throw Error($"record '{name}' declares {length} bytes, more than the limit of {maxLength}");
        var bytes = new byte[length];
        Read(name, bytes);
        return bytes;
    }

    /// <summary>Verifies the CRC of a record, block by block.</summary>
    public void Verify(string name)
    {
        var record = GetRecord(name);
        if (record.Deflated || record.Length <= BlockSize)
        {
            Read(name, record.Length);
            return;
        }
        var (crc, piece) = (new Crc32(), new byte[BlockSize]);
        for (var at = 0L; at < record.Length; at += BlockSize)
        {
            var some = piece.AsSpan(0, (int)Math.Min(BlockSize, record.Length - at));
            ReadAt(record.DataOffset + at, some);
            crc.Append(some);
        }
        if (record.Crc != 0 && record.Crc != crc.GetCurrentHashAsUInt32()) throw WrongCrc(name);
    }

    /// <summary>Reads a record into a buffer of its length.</summary>
    public void Read(string name, Span<byte> destination)
    {
        var record = GetRecord(name);
        if (destination.Length != record.Length) throw Error($"record '{name}' has {record.Length} bytes instead of {destination.Length}");
        if (record.Deflated) Inflate(name, record, destination);
        else ReadAt(record.DataOffset, destination);
        // 0: written without a CRC (torch.serialization.set_crc32_options); a real CRC is 0 once in four billion records.
        if (record.Crc != 0 && record.Crc != Crc32.HashToUInt32(destination)) throw WrongCrc(name);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Inflate(string name, ZipRecord record, Span<byte> into)
    {
        var packed = new byte[record.CompressedLength];
        ReadAt(record.DataOffset, packed);
        try
        {
            using var inflated = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
            inflated.ReadExactly(into);
            if (inflated.ReadByte() >= 0) throw Error($"record '{name}' is longer than declared");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InputException($"{Path}: is damaged: record '{name}' cannot be unpacked", e);
        }
    }

    private void ReadAt(long position, Span<byte> into)
    {
        file.Position = position;
        file.ReadExactly(into);
    }

    private InputException WrongCrc(string name) => Error($"record '{name}' has a wrong CRC");

    private ZipRecord GetRecord(string name) => records.TryGetValue(name, out var record) ? record : throw Error($"record '{name}' is missing");

    private InputException Error(string fault) => new($"{Path}: is damaged: {fault}");
}
