using System.Buffers.Binary;
using SkiaSharp;

namespace Arow.Data;

/// <summary>How the values of a TIFF picture stand for colours: its tag 262.</summary>
internal enum TiffColours
{
    WhiteIsZero = 0,
    BlackIsZero = 1,
    Rgb = 2,
    Palette = 3,
    Cmyk = 5,
    YCbCr = 6,
}

/// <summary>
/// The first directory of a TIFF or BigTIFF file (TIFF 6.0, sections 2 and 8). It is read and checked here before a decoder sees the file,
/// since the sizes that it claims decide what a decoder allocates.
/// </summary>
internal sealed record TiffHeader
{
    private const int MaxEntries = 4096, Short = 3, Long = 4, Long8 = 16;
    private const int NewSubfileType = 254, ImageWidth = 256, ImageLength = 257, BitsPerSample = 258, Compression = 259, Photometric = 262,
        StripOffsets = 273, OrientationTag = 274, SamplesPerPixel = 277, RowsPerStrip = 278, StripByteCounts = 279, PlanarConfiguration = 284,
        TileWidth = 322, TileLength = 323, TileOffsets = 324, TileByteCounts = 325, ExtraSamples = 338, SampleFormat = 339, DngVersion = 50706;

    private const int Jpeg = 7;

    /// <summary>Bytes of each type of value, by its number.</summary>
    private static readonly int[] TypeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

    /// <summary>In pixels.</summary>
    public required int Width { get; init; }

    /// <summary>In pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Bits of each value; 0 if they differ.</summary>
    public required int Bits { get; init; }

    /// <summary>Values of each pixel.</summary>
    public required int Samples { get; init; }

    /// <summary>Whether the values of each pixel lie in planes of their own.</summary>
    public required bool IsPlanar { get; init; }

    /// <summary>What the values are.</summary>
    public required TiffColours Colours { get; init; }

    /// <summary>Meaning of the first value beyond the colours: 1 opacity that colours are multiplied by, 2 opacity, otherwise unknown.</summary>
    public required int Extra { get; init; }

    /// <summary>Whether values are unsigned integers.</summary>
    public required bool IsUnsigned { get; init; }

    /// <summary>How the camera was held.</summary>
    public required SKEncodedOrigin Origin { get; init; }

    /// <summary>Width of tiles in pixels; 0 for strips.</summary>
    public required int TileX { get; init; }

    /// <summary>Height of tiles, or rows in a strip.</summary>
    public required int TileY { get; init; }

    /// <summary>Whether the pixels are compressed as JPEG.</summary>
    public required bool IsJpeg { get; init; }

    /// <summary>Whether another picture follows that is no preview of this one.</summary>
    public required bool HasMore { get; init; }

    /// <summary>Values of each pixel that are colours.</summary>
    public int ColourSamples => Colours is TiffColours.Rgb or TiffColours.YCbCr ? 3 : 1;

    /// <summary>Whether the first value beyond the colours is the opacity.</summary>
    public bool HasOpacity =>
        Colours is TiffColours.Rgb or TiffColours.BlackIsZero or TiffColours.WhiteIsZero && Samples > ColourSamples && Extra is 1 or 2;

    /// <summary>Whether the file is a camera's raw format, whose first picture is a preview.</summary>
    public required bool IsRaw { get; init; }

    /// <summary>Whether a file begins as TIFF does.</summary>
    public static bool IsTiff(ReadOnlySpan<byte> encoded) => encoded is [(byte)'I', (byte)'I', 42 or 43, 0, _, _, _, _, ..]
        or [(byte)'M', (byte)'M', 0, 42 or 43, _, _, _, _, ..];

    /// <summary>Reads the header; null if it is damaged.</summary>
    /// <param name="encoded">A file that begins as TIFF does.</param>
    public static TiffHeader? Read(ReadOnlySpan<byte> encoded)
    {
        var file = new Numbers(encoded, encoded[0] == 'M', encoded[2] + encoded[3] == 43);
        if (file.ReadDirectory(file.FirstDirectory) is not { } tags) return null;
        if (file.One(tags, ImageWidth) is not (> 0 and <= int.MaxValue and var width)
            || file.One(tags, ImageLength) is not (> 0 and <= int.MaxValue and var height)) return null;
        var samples = file.One(tags, SamplesPerPixel, 1);
        var bits = file.Same(tags, BitsPerSample, 1);
        var isTiled = tags.ContainsKey(TileWidth);
        var (tileX, tileY) = isTiled ? (file.One(tags, TileWidth), file.One(tags, TileLength))
            : (0, Math.Min(file.One(tags, RowsPerStrip, height), height));
        if (samples is not (> 0 and <= ushort.MaxValue) || bits is < 0 or > 64 || isTiled && tileX is not (> 0 and <= int.MaxValue)
            || tileY is not (> 0 and <= int.MaxValue)) return null;
        var isPlanar = file.One(tags, PlanarConfiguration, 1) == 2 && samples > 1;
        // In 128 bits, as each number may be as large as a file claims.
        var parts = (isTiled ? (Int128)Parts(width, tileX) : 1) * Parts(height, tileY) * (isPlanar ? samples : 1);
        if (!file.AreWithin(tags, isTiled ? TileOffsets : StripOffsets, isTiled ? TileByteCounts : StripByteCounts, parts)) return null;
        return new TiffHeader
        {
            Width = (int)width, Height = (int)height, Bits = (int)bits, Samples = (int)samples, IsPlanar = isPlanar,
            Colours = (TiffColours)file.One(tags, Photometric, -1), Extra = (int)file.First(tags, ExtraSamples, 0),
            IsUnsigned = file.Same(tags, SampleFormat, 1) is 1 or 4,
            Origin = file.One(tags, OrientationTag, 1) is >= 1 and <= 8 and var origin ? (SKEncodedOrigin)origin : SKEncodedOrigin.TopLeft,
            TileX = (int)tileX, TileY = (int)tileY, IsJpeg = file.One(tags, Compression, 1) == Jpeg, HasMore = file.HasMore(tags),
            IsRaw = (file.One(tags, NewSubfileType, 0) & 1) != 0 || tags.ContainsKey(DngVersion)
                || encoded.Length > 10 && encoded[8..].StartsWith("CR"u8),
        };

        static long Parts(long all, long each) => (all + each - 1) / each;
    }

    /// <summary>An entry of a directory.</summary>
    private readonly record struct Entry(int Type, long Count, long At);

    /// <summary>The numbers of a file, in its order of bytes; each position is checked before.</summary>
    private readonly ref struct Numbers(ReadOnlySpan<byte> encoded, bool isBigEndian, bool isBig)
    {
        private readonly ReadOnlySpan<byte> encoded = encoded;

        private int Wide => isBig ? 8 : 4;

        public long FirstDirectory => isBig ? encoded.Length < 16 ? 0 : At(8, 8) : At(4, 4);

        /// <summary>Reads the entries at a position; null if one of them is damaged or occurs twice.</summary>
        public Dictionary<int, Entry>? ReadDirectory(long at)
        {
            var countBytes = isBig ? 8 : 2;
            var entryBytes = isBig ? 20 : 12;
            if (at < 8 || at > encoded.Length - countBytes) return null;
            var count = At(at, countBytes);
            at += countBytes;
            if (count is not (> 0 and <= MaxEntries) || count * entryBytes > encoded.Length - at) return null;
            var entries = new Dictionary<int, Entry>();
            var total = 0L;
            for (var i = 0; i < count; i++, at += entryBytes)
            {
                var (tag, type, values) = ((int)At(at, 2), (int)At(at + 2, 2), At(at + 4, Wide));
                // Readers pass over types that they do not know.
                if (type >= TypeBytes.Length || TypeBytes[type] == 0) continue;
                if (values < 0 || values > encoded.Length / TypeBytes[type]) return null;
                var start = values * TypeBytes[type] <= Wide ? at + 4 + Wide : At(at + 4 + Wide, Wide);
                // All of them together: a decoder keeps the values of each.
                total += values * TypeBytes[type];
                if (total > 2L * encoded.Length || start < 0 || start > encoded.Length - values * TypeBytes[type]) return null;
                if (values > 0 && !entries.TryAdd(tag, new Entry(type, values, start))) return null;
            }
            entries[NextDirectory] = new Entry(isBig ? Long8 : Long, 1, at);
            return entries;
        }

        /// <summary>A tag's number; the other one if it is missing, -1 if it is no single number.</summary>
        public long One(Dictionary<int, Entry> tags, int tag, long missing = -1) => !tags.TryGetValue(tag, out var entry) ? missing
            : entry.Count == 1 ? Value(entry, 0) : -1;

        /// <summary>The first of a tag's numbers.</summary>
        public long First(Dictionary<int, Entry> tags, int tag, long missing) => tags.TryGetValue(tag, out var entry) ? Value(entry, 0) : missing;

        /// <summary>The number that all of a tag's are; 0 if they differ.</summary>
        public long Same(Dictionary<int, Entry> tags, int tag, long missing)
        {
            if (!tags.TryGetValue(tag, out var entry)) return missing;
            for (var i = 1L; i < entry.Count; i++)
            {
                if (Value(entry, i) != Value(entry, 0)) return 0;
            }
            return Value(entry, 0);
        }

        /// <summary>Whether there are enough parts of the picture, each within the file.</summary>
        public bool AreWithin(Dictionary<int, Entry> tags, int offsets, int byteCounts, Int128 parts)
        {
            if (!tags.TryGetValue(offsets, out var starts) || !tags.TryGetValue(byteCounts, out var lengths)
                || starts.Count < parts || lengths.Count < parts) return false;
            for (var i = 0L; i < (long)parts; i++)
            {
                var (start, length) = (Value(starts, i), Value(lengths, i));
                if (start < 0 || length < 0 || start > encoded.Length || length > encoded.Length - start) return false;
            }
            return true;
        }

        public bool HasMore(Dictionary<int, Entry> tags)
        {
            var next = tags[NextDirectory];
            return next.At <= encoded.Length - Wide && ReadDirectory(Value(next, 0)) is { } second && (One(second, NewSubfileType, 0) & 1) == 0;
        }

        private long Value(Entry entry, long index) => entry.Type is Short or Long or Long8
            ? At(entry.At + index * TypeBytes[entry.Type], TypeBytes[entry.Type]) : -1;

        private long At(long at, int bytes)
        {
            var number = encoded.Slice((int)at, bytes);
            return (bytes, isBigEndian) switch
            {
                (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(number),
                (2, true) => BinaryPrimitives.ReadUInt16BigEndian(number),
                (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(number),
                (4, true) => BinaryPrimitives.ReadUInt32BigEndian(number),
                (_, false) => BinaryPrimitives.ReadInt64LittleEndian(number),
                _ => BinaryPrimitives.ReadInt64BigEndian(number),
            };
        }
    }

    /// <summary>Not a tag: where the offset of the next directory stands.</summary>
    private const int NextDirectory = -1;
}
