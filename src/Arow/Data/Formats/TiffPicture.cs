using System.Buffers.Binary;
using BitMiracle.LibTiff.Classic;
using SkiaSharp;

namespace Arow.Data;

/// <summary>
/// The first picture of a TIFF file, decoded by LibTiff.NET, which is managed code: a hostile file can at most make it throw. What it
/// allocates is bounded by <see cref="TiffHeader"/>, which is checked before it is called.
/// </summary>
internal sealed class TiffPicture : EncodedPicture
{
    /// <summary>Most bytes of a row or a tile.</summary>
    private const long MaxPartBytes = 1 << 26;

    /// <summary>Most values of a pixel: colours, opacity and a few more.</summary>
    private const int MaxSamples = 16;

    private readonly byte[] encoded;
    private readonly TiffHeader header;

    static TiffPicture()
    {
        // By default it writes to the console. An application that has a handler of its own keeps it.
        var former = Tiff.SetErrorHandler(new Silent());
        if (former is not null && former.GetType() != typeof(TiffErrorHandler)) Tiff.SetErrorHandler(former);
    }

    private TiffPicture(byte[] encoded, TiffHeader header) => (this.encoded, this.header) = (encoded, header);

    public override int Width => header.Width;

    public override int Height => header.Height;

    public override bool IsGrey => header.Colours is TiffColours.WhiteIsZero or TiffColours.BlackIsZero && IsOpaque;

    public override bool IsOpaque => !header.HasOpacity;

    public override SKEncodedOrigin Origin => header.Origin;

    public override bool HasSixteenBits => header.Bits == 16;

    public override bool HasMore => header.HasMore;

    /// <summary>The decoder of JPEG within keeps a copy of its own.</summary>
    public override long MaxPixels => base.MaxPixels / 2;

    /// <summary>Opens a file; null if it is damaged or of a kind that is not read.</summary>
    public static new TiffPicture? Open(byte[] encoded) =>
        TiffHeader.Read(encoded) is { } header && FindUnread(header) is null ? new TiffPicture(encoded, header) : null;

    /// <summary>Returns why an undamaged file is not read; null for others.</summary>
    public static string? DescribeUnread(byte[] encoded) => TiffHeader.Read(encoded) is { } header ? FindUnread(header) : null;

    private static string? FindUnread(TiffHeader h) => h switch
    {
        { IsRaw: true } => "a raw photograph, of which no more than a preview could be read; develop it first",
        { IsUnsigned: false } => "TIFF with fractions or signed values, which is not read",
        { Samples: > MaxSamples } => $"TIFF with {h.Samples} values a pixel, which is not read",
        { Bits: 1 or 2 or 4 or 8 or 16, Colours: TiffColours.WhiteIsZero or TiffColours.BlackIsZero }
            or { Bits: 8 or 16, Colours: TiffColours.Rgb, Samples: >= 3 }
            or { Bits: 1 or 2 or 4 or 8, Colours: TiffColours.Palette, Samples: 1 }
            or { Bits: 8, Colours: TiffColours.Cmyk or TiffColours.YCbCr, Samples: >= 3 } => null,
        _ => $"TIFF with {(h.Bits == 0 ? "values of several sizes" : h.Bits == 1 ? "1 bit a value" : $"{h.Bits} bits a value")}, {h.Samples} a pixel, "
            + $"in {((int)h.Colours is 8 or 9 or 10 ? "Lab" : $"colours of kind {(int)h.Colours}")}, which is not read",
    };

    public override unsafe bool Read(SKImageInfo info, nint pixels)
    {
        var room = new Span<byte>((void*)pixels, info.BytesSize);
        var decoder = new TiffDecoder(header, info.ColorType == SKColorType.Gray8);
        try
        {
            using var tiff = Tiff.ClientOpen("", "r", null, new Bytes(encoded));
            return tiff is not null && IsSame(tiff) && (NeedsConversion ? ReadConverted(tiff, room) : ReadParts(tiff, decoder, room));
        }
        catch (Exception)
        {
            // Whatever a strange file makes it throw: it is damaged.
            return false;
        }
    }

    /// <summary>Whether the library converts the colours; those of JPEG are converted while they are decoded.</summary>
    private bool NeedsConversion => header.Colours == TiffColours.Cmyk
        || header.Colours == TiffColours.YCbCr && (!header.IsJpeg || header.IsPlanar);

    /// <summary>Whether the decoder read the same sizes.</summary>
    private bool IsSame(Tiff tiff) => Field(tiff, TiffTag.IMAGEWIDTH) == header.Width && Field(tiff, TiffTag.IMAGELENGTH) == header.Height
        && Field(tiff, TiffTag.BITSPERSAMPLE) == header.Bits && Field(tiff, TiffTag.SAMPLESPERPIXEL) == header.Samples
        && tiff.IsTiled() == header.TileX > 0;

    private static int Field(Tiff tiff, TiffTag tag) => tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : 0;

    /// <summary>Decodes row by row, or tile by tile.</summary>
    private bool ReadParts(Tiff tiff, TiffDecoder decoder, Span<byte> room)
    {
        if (header.IsJpeg && header.Colours == TiffColours.YCbCr) tiff.SetField(TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
        if (header.Colours == TiffColours.Palette && !decoder.SetPalette(tiff.GetField(TiffTag.COLORMAP))) return false;
        var planes = header.IsPlanar ? header.Samples : 1;
        var isTiled = header.TileX > 0;
        var (width, rows) = isTiled ? (header.TileX, header.TileY) : (Width, 1);
        long partBytes = isTiled ? tiff.TileSize() : tiff.ScanlineSize();
        if (partBytes is <= 0 or > MaxPartBytes || (Int128)decoder.RowBytes(width) * rows > partBytes) return false;
        var part = new byte[partBytes];
        for (var plane = 0; plane < planes; plane++)
        {
            if (!(isTiled ? ReadTiles(tiff, decoder, part, plane, room) : ReadRows(tiff, decoder, part, plane, room))) return false;
        }
        decoder.Finish(room);
        return true;
    }

    private bool ReadRows(Tiff tiff, TiffDecoder decoder, byte[] row, int plane, Span<byte> room)
    {
        for (var y = 0; y < Height; y++)
        {
            if (!tiff.ReadScanline(row, y, (short)plane)) return false;
            decoder.Put(row, 0, Width, y, plane, room);
        }
        return true;
    }

    private bool ReadTiles(Tiff tiff, TiffDecoder decoder, byte[] tile, int plane, Span<byte> room)
    {
        var rowBytes = decoder.RowBytes(header.TileX);
        for (var top = 0; top < Height; top += header.TileY)
        {
            for (var left = 0; left < Width; left += header.TileX)
            {
                if (tiff.ReadTile(tile, 0, left, top, 0, (short)plane) < 0) return false;
                for (var y = top; y < Math.Min(top + header.TileY, Height); y++)
                    decoder.Put(tile.AsSpan((int)((y - top) * rowBytes)), left, Math.Min(header.TileX, Width - left), y, plane, room);
            }
        }
        return true;
    }

    /// <summary>Lets the decoder convert the colours: CMYK, and YCbCr that is not JPEG.</summary>
    private bool ReadConverted(Tiff tiff, Span<byte> room)
    {
        if ((header.TileX > 0 ? tiff.TileSize() : tiff.StripSize()) is <= 0 or > 4 * (int)MaxPartBytes) return false;
        var packed = new int[Width * Height];
        // As stored: rows are not turned here.
        if (!tiff.ReadRGBAImageOriented(Width, Height, packed, (Orientation)header.Origin, stopOnError: true)) return false;
        for (var i = 0; i < packed.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(room[(4 * i)..], packed[i]);
        return true;
    }

    /// <summary>The bytes of a file.</summary>
    private sealed class Bytes(byte[] bytes) : TiffStream
    {
        private long position;

        public override int Read(object clientData, byte[] buffer, int offset, int count)
        {
            var some = (int)Math.Clamp(bytes.Length - position, 0, count);
            bytes.AsSpan((int)Math.Min(position, bytes.Length), some).CopyTo(buffer.AsSpan(offset));
            position += some;
            return some;
        }

        public override long Seek(object clientData, long offset, SeekOrigin origin) => position = Math.Max(0,
            origin switch
            {
                SeekOrigin.Begin => offset,
                SeekOrigin.Current => position + offset,
                _ => bytes.Length + offset,
            });

        public override void Write(object clientData, byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Close(object clientData)
        {
        }

        public override long Size(object clientData) => bytes.Length;
    }

    /// <summary>Discards messages: the reader reports what is wrong with a picture.</summary>
    private sealed class Silent : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }
}
