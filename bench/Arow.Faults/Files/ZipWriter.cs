using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;

namespace Arow.Faults.Files;

/// <summary>Zip archives as PyTorch writes them, and as it would not.</summary>
internal static class ZipWriter
{
    /// <summary>An archive of records.</summary>
    /// <param name="records">In order.</param>
    /// <param name="deflate">Whether they are packed.</param>
    /// <param name="big">Whether all sizes are in the 64-bit fields, and the directory too.</param>
    public static byte[] Write(IEnumerable<(string Name, byte[] Content)> records, bool deflate = false, bool big = false)
    {
        var (file, directory, count) = (new MemoryStream(), new MemoryStream(), 0);
        foreach (var (name, content) in records)
        {
            var packed = deflate ? Deflate(content) : content;
            var (at, text) = (file.Position, Encoding.UTF8.GetBytes(name));
            var sizes = new byte[12];
            BinaryPrimitives.WriteUInt32LittleEndian(sizes, Crc(content));
            BinaryPrimitives.WriteInt32LittleEndian(sizes.AsSpan(4), packed.Length);
            BinaryPrimitives.WriteInt32LittleEndian(sizes.AsSpan(8), content.Length);
            var extra = Array.Empty<byte>();
            file.Write([.. "PK\x03\x04"u8, 20, 0, 0, 0, (byte)(deflate ? 8 : 0), 0, 0, 0, 0, 0, .. sizes, .. U16(text.Length), 0, 0, .. text,
                .. packed]);
            var place = U32((uint)at);
            if (big)
            {
                extra = [1, 0, 24, 0, .. I64(content.Length), .. I64(packed.Length), .. I64(at)];
                sizes.AsSpan(4).Fill(0xff);
                place = U32(uint.MaxValue);
            }
            directory.Write([.. "PK\x01\x02"u8, 20, 0, 20, 0, 0, 0, (byte)(deflate ? 8 : 0), 0, 0, 0, 0, 0, .. sizes, .. U16(text.Length),
                .. U16(extra.Length), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. place, .. text, .. extra]);
            count++;
        }
        var (start, size) = (file.Position, directory.Length);
        file.Write(directory.ToArray());
        if (big)
        {
            file.Write([.. "PK\x06\x06"u8, .. I64(44), 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. I64(count), .. I64(count), .. I64(size),
                .. I64(start)]);
            file.Write([.. "PK\x06\x07"u8, 0, 0, 0, 0, .. I64(start + size), 1, 0, 0, 0]);
        }
        file.Write([.. "PK\x05\x06"u8, 0, 0, 0, 0, .. U16(big ? 0xffff : count), .. U16(big ? 0xffff : count),
            .. U32(big ? uint.MaxValue : (uint)size), .. U32(big ? uint.MaxValue : (uint)start), 0, 0]);
        return file.ToArray();
    }

    public static uint Crc(byte[] content)
    {
        var crc = new Crc32();
        crc.Update(content);
        return (uint)crc.Value;
    }

    private static byte[] Deflate(byte[] content)
    {
        var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal)) deflate.Write(content);
        return packed.ToArray();
    }

    private static byte[] U16(int value) => BitConverter.GetBytes((ushort)value);

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);

    private static byte[] I64(long value) => BitConverter.GetBytes(value);
}
