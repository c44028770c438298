using System.Buffers.Binary;
using System.Text;

namespace Arow.IO;

/// <summary>The central directory of a zip archive; every entry is checked against the file.</summary>
/// <param name="path">For messages.</param>
/// <param name="file">The archive.</param>
internal sealed class ZipDirectory(string path, FileStream file)
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, LocatorSignature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50, LocalSignature = 0x04034b50;
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56, EntrySize = 46, LocalSize = 30;
    private const int StoredMethod = 0, DeflateMethod = 8, EncryptedFlag = 1, Utf8Flag = 1 << 11;
    private const long MaxDirectoryBytes = 256 << 20; // of three million entries
    private const long MaxDeflateRatio = 1032; // to 1, by the format

    /// <summary>Whether names are read as code page 437: one that is not declared to be UTF-8 is not.</summary>
    public bool HasLegacyNames { get; private set; }

    /// <summary>Reads the entries in their order.</summary>
    /// <exception cref="InputException">The archive is damaged or truncated.</exception>
    /// <exception cref="InvalidDataException">It is not a zip archive.</exception>
    public IReadOnlyList<ZipEntry> Read()
    {
        var (directory, size, count) = FindDirectory();
        if (directory < 0 || size < 0 || size > MaxDirectoryBytes || directory > file.Length - size || count > size / EntrySize)
            throw Error("its directory ends beyond the file");
        var bytes = new byte[size];
        ReadAt(directory, bytes);
        List<int> offsets = [0];
        for (long i = 0; i < count; i++) offsets.Add(offsets[^1] + Measure(bytes.AsSpan(offsets[^1])));
        offsets.RemoveAt(offsets.Count - 1);
        HasLegacyNames = offsets.Exists(at => !IsUtf8(bytes.AsSpan(at)) && ReadName(bytes.AsSpan(at)).Contains('\uFFFD'));
        ZipEntry[] entries = [.. offsets.Select(at => ReadEntry(bytes.AsSpan(at), directory))];

        var end = 0L;
        foreach (var entry in entries.OrderBy(e => e.HeaderOffset))
        {
            if (entry.HeaderOffset < end) throw Error($"'{entry.Name}' overlaps another entry");
            end = entry.DataOffset + entry.CompressedLength;
        }
        return entries;
    }

    /// <summary>Locates the directory from the end of the file: its offset, size and number of entries.</summary>
    private (long Start, long Size, long Count) FindDirectory()
    {
        var tail = new byte[Math.Min(file.Length, EndSize + ushort.MaxValue)];
        ReadAt(file.Length - tail.Length, tail);
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (U32(end) != EndSignature || EndSize + U16(end[20..]) != end.Length) continue;
            var position = file.Length - tail.Length + at;
            if (at >= LocatorSize && U32(tail.AsSpan(at - LocatorSize)) == LocatorSignature)
            {
                var where = I64(tail.AsSpan(at - LocatorSize + 8));
                if (where < 0 || where > position - End64Size) throw Error("its directory ends beyond the file");
                var end64 = new byte[End64Size];
                ReadAt(where, end64);
                if (U32(end64) != End64Signature) throw Error("its directory is not at the expected offset");
                return (I64(end64.AsSpan(48)), I64(end64.AsSpan(40)), I64(end64.AsSpan(32)));
            }
            return (U32(end[16..]), U32(end[12..]), U16(end[10..]));
        }
        var start = new byte[Math.Min(file.Length, 4)];
        ReadAt(0, start);
        throw ZipReader.HasMagic(start) ? new InputException($"{path}: is truncated: it begins as an archive but has no directory")
            : new InvalidDataException();
    }

    /// <summary>Returns the size of an entry of the directory.</summary>
    private int Measure(ReadOnlySpan<byte> entry)
    {
        if (entry.Length < EntrySize || U32(entry) != EntrySignature) throw Error("its directory is damaged");
        var size = EntrySize + U16(entry[28..]) + U16(entry[30..]) + U16(entry[32..]);
        return size <= entry.Length ? size : throw Error("its directory is damaged");
    }

    private static bool IsUtf8(ReadOnlySpan<byte> entry) => (U16(entry[8..]) & Utf8Flag) != 0;

    private string ReadName(ReadOnlySpan<byte> entry) =>
        (HasLegacyNames && !IsUtf8(entry) ? CodePagesEncodingProvider.Instance.GetEncoding(437)! : Encoding.UTF8)
            .GetString(entry.Slice(EntrySize, U16(entry[28..])));

    private ZipEntry ReadEntry(ReadOnlySpan<byte> entry, long directory)
    {
        const int Unix = 3;
        var (flags, method, name) = (U16(entry[8..]), U16(entry[10..]), ReadName(entry));
        long packed = U32(entry[20..]), length = U32(entry[24..]), header = U32(entry[42..]);
        ReadZip64Sizes(entry.Slice(EntrySize + U16(entry[28..]), U16(entry[30..])), ref length, ref packed, ref header);
        if (header < 0 || header > directory - LocalSize) throw Error($"'{name}' is outside the file");
        var local = new byte[LocalSize];
        ReadAt(header, local);
        var start = header + LocalSize + U16(local.AsSpan(26)) + U16(local.AsSpan(28));
        if (U32(local) != LocalSignature || U16(local.AsSpan(8)) != method || packed < 0 || length < 0 || start > directory - packed)
            throw Error($"'{name}' is not at the offset in the directory");
        if (method == StoredMethod && packed != length) throw Error($"'{name}' has two different lengths");
        if (method == DeflateMethod && length / MaxDeflateRatio > packed)
            throw Error($"'{name}' declares {length} bytes, more than it can contain");
        return new ZipEntry(
            name, method switch { StoredMethod => ZipMethod.Stored, DeflateMethod => ZipMethod.Deflated, _ => ZipMethod.Other },
            (flags & EncryptedFlag) != 0, U32(entry[16..]), packed, length, entry[5] == Unix ? U16(entry[40..]) : 0, header, start);
    }

    /// <summary>Reads sizes beyond 32 bits from an extra field: in this order, only those that are needed.</summary>
    private static void ReadZip64Sizes(ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long header)
    {
        const ushort Zip64 = 1;
        while (extra.Length >= 4 && 4 + U16(extra[2..]) <= extra.Length)
        {
            var field = extra.Slice(4, U16(extra[2..]));
            if (U16(extra) == Zip64)
            {
                ReadSize(ref length, ref field);
                ReadSize(ref packed, ref field);
                ReadSize(ref header, ref field);
            }
            extra = extra[(4 + U16(extra[2..]))..];
        }

        static void ReadSize(ref long value, ref ReadOnlySpan<byte> field)
        {
            if (value != uint.MaxValue || field.Length < 8) return;
            value = I64(field);
            field = field[8..];
        }
    }

    private void ReadAt(long position, Span<byte> into)
    {
        file.Position = position;
        file.ReadExactly(into);
    }

    private InputException Error(string fault) => new($"{path}: is damaged: {fault}");

    private static ushort U16(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);

    private static uint U32(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt32LittleEndian(at);

    private static long I64(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadInt64LittleEndian(at);
}
