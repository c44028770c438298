using System.Buffers.Binary;
using SkiaSharp;

namespace Arow.Data;

/// <summary>
/// Reads PNG chunks that the decoder ignores: the camera's orientation (eXIf) and the presence of more pictures (acTL). Format: PNG
/// 3rd edition, 5.3, 11.3.4.7; Exif 2.32, 4.6.4 (tag 0x0112, orientation).
/// </summary>
internal static class PngChunks
{
    private const int Signature = 8, MaxEntries = 1000;
    private const ushort OrientationTag = 0x0112, Short = 3;

    /// <summary>Returns the orientation of an encoded image; upright if it is missing or invalid.</summary>
    public static SKEncodedOrigin Orientation(ReadOnlySpan<byte> png) =>
        Find(png, "eXIf"u8, out var exif) ? ParseOrientation(exif) : SKEncodedOrigin.TopLeft;

    /// <summary>Whether a chunk of this name exists.</summary>
    public static bool Has(ReadOnlySpan<byte> png, ReadOnlySpan<byte> name) => Find(png, name, out _);

    private static bool Find(ReadOnlySpan<byte> png, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> content)
    {
        content = default;
        // A chunk: length, four letters, content, checksum.
        for (var at = Signature; at <= png.Length - 12;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 12) break;
            content = png.Slice(at + 8, (int)length);
            if (png.Slice(at + 4, 4).SequenceEqual(name)) return true;
            at += (int)length + 12;
        }
        return false;
    }

    private static SKEncodedOrigin ParseOrientation(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 8 || !(exif.StartsWith("II*\0"u8) || exif.StartsWith("MM\0*"u8))) return SKEncodedOrigin.TopLeft;
        var big = exif[0] == 'M';
        var first = big ? BinaryPrimitives.ReadUInt32BigEndian(exif[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]);
        if (first > exif.Length - 2) return SKEncodedOrigin.TopLeft;
        var entries = exif[((int)first + 2)..];
        for (var i = 0; i < Math.Min((int)ReadUInt16(exif[(int)first..], big), MaxEntries) && entries.Length >= 12; i++, entries = entries[12..])
        {
            if (ReadUInt16(entries, big) == OrientationTag && ReadUInt16(entries[2..], big) == Short
                && ReadUInt16(entries[8..], big) is var value and >= 1 and <= 8) return (SKEncodedOrigin)value;
        }
        return SKEncodedOrigin.TopLeft;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool big) =>
        big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
