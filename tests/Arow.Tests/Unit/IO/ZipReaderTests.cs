using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Arow.Tests.Unit.IO;

/// <summary>Archives whose directory says something else than their content.</summary>
public sealed class ZipReaderTests : IDisposable
{
    // Offsets of fields in an entry of the directory.
    private const int Flags = 8, Method = 10, Crc = 16, Compressed = 20, Length = 24, HeaderOffset = 42;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void What_was_written_is_read_by_many_threads_at_once(CompressionLevel level)
    {
        using var zip = ZipReader.Open(Write(Zip(level)));
        Assert.Equal(["a", "b/", "b/c"], zip.Entries.Select(e => e.Name));
        Parallel.For(0, 32, i =>
        {
            foreach (var entry in zip.Entries) Assert.Equal(Content(entry.Name), zip.Read(entry, 1 << 20));
        });
        Assert.Contains("a: has 5000 bytes; the maximum", Assert.Throws<InputException>(() => zip.Read(zip.Entries[0], 4999)).Message);
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal, Length, 1, "'a' ends early")]
    [InlineData(CompressionLevel.Optimal, Length, -1, "'a' is longer than declared")]
    [InlineData(CompressionLevel.Optimal, Length, 1 << 30, "'a' declares 1073746824 bytes, more than it can contain")]
    [InlineData(CompressionLevel.Optimal, Compressed, -9, "'a' ")]
    [InlineData(CompressionLevel.Optimal, Crc, 1, "'a' has a wrong CRC")]
    [InlineData(CompressionLevel.NoCompression, Crc, 1, "'a' has a wrong CRC")]
    [InlineData(CompressionLevel.NoCompression, Length, 1, "'a' has two different lengths")]
    [InlineData(CompressionLevel.NoCompression, Compressed, 1 << 30, "'a' is not at the offset in the directory")]
    [InlineData(CompressionLevel.NoCompression, HeaderOffset, 1, "'a' is not at the offset in the directory")]
    [InlineData(CompressionLevel.NoCompression, HeaderOffset, 1 << 30, "'a' is outside the file")]
    [InlineData(CompressionLevel.NoCompression, Method, 12, "'a' is not at the offset in the directory")]
    [InlineData(CompressionLevel.NoCompression, Flags, 1, "a is encrypted")]
    public void What_is_not_so_is_refused(CompressionLevel level, int field, int change, string fault)
    {
        var bytes = Zip(level);
        var at = Directory(bytes) + field;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)) + change);
        var path = Write(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InputException>(() =>
        {
            using var zip = ZipReader.Open(path);
            zip.Read(zip.Entries[0], long.MaxValue);
        });
        Assert.Contains(fault, error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Two_entries_with_the_same_bytes_are_refused()
    {
        var bytes = Zip(CompressionLevel.NoCompression);
        var second = Directory(bytes, "b/c");
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(second + HeaderOffset), 0);
        Assert.Contains("overlaps another entry", Assert.Throws<InputException>(() => ZipReader.Open(Write(bytes))).Message);
    }

    [Fact]
    public void Only_PyTorch_may_leave_a_CRC_out()
    {
        var bytes = Zip(CompressionLevel.NoCompression);
        bytes.AsSpan(Directory(bytes) + Crc, 4).Clear();
        var path = Write(bytes);
        using (var zip = ZipReader.Open(path)) Assert.Throws<InputException>(() => zip.Read(zip.Entries[0], 1 << 20));
        using var records = ZipRecords.Open(path);
        Assert.Equal(Content("a"), records.Read("a", 1 << 20));
    }

    /// <summary>Content that deflate makes smaller, but not a thousand times.</summary>
    private static byte[] Content(string name) =>
        name.EndsWith('/') ? [] : [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * i / 50 + name.Length))];

    private static byte[] Zip(CompressionLevel level)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in (string[])["a", "b/", "b/c"])
            {
                using var stream = zip.CreateEntry(name, level).Open();
                stream.Write(Content(name));
            }
        }
        return packed.ToArray();
    }

    /// <summary>Where an entry of the directory begins.</summary>
    private static int Directory(byte[] zip, string name = "a")
    {
        const int NameAt = 46;
        var text = Encoding.Latin1.GetString(zip);
        for (var at = text.IndexOf("PK\u0001\u0002", StringComparison.Ordinal); ; at = text.IndexOf("PK\u0001\u0002", at + 1, StringComparison.Ordinal))
            if (text[(at + NameAt)..].StartsWith(name, StringComparison.Ordinal)) return at;
    }

    private string Write(byte[] bytes)
    {
        File.WriteAllBytes(folder.File("x.zip"), bytes);
        return folder.File("x.zip");
    }
}
