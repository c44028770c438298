using System.Buffers;
using System.Runtime.InteropServices;
using Arow.Runtime;
using SkiaSharp;

namespace Arow.Data;

/// <summary>Header of an encoded image.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Grey">Whether it is stored without colour; one stored with colour may still be grey.</param>
/// <param name="Rotated">Whether the camera was rotated, according to EXIF.</param>
/// <param name="SixteenBits">Whether each value has 16 bits, of which the upper 8 are read.</param>
/// <param name="Animated">Whether further pictures follow the one that is read.</param>
internal readonly record struct PictureHeader(int Width, int Height, bool Grey, bool Rotated, bool SixteenBits, bool Animated);

/// <summary>Result of decoding an image.</summary>
/// <param name="Succeeded">Whether decoding succeeded.</param>
/// <param name="Coloured">Whether any pixel is not grey.</param>
/// <param name="Transparent">Whether any pixel is not opaque.</param>
/// <param name="OnlyInAlpha">Whether all pixels have the same colour and differ only in opacity: without it nothing is visible.</param>
internal readonly record struct DecodedPicture(bool Succeeded, bool Coloured, bool Transparent, bool OnlyInAlpha);

/// <summary>
/// Decodes images in PNG, JPEG, WebP, BMP, GIF and TIFF without colour management or rotation: the stored numbers. Of several pictures
/// in a file it decodes the first.
/// </summary>
internal static class PictureCodec
{
    /// <summary>The formats, for messages.</summary>
    public const string Formats = "PNG, JPEG, WebP, BMP, GIF and TIFF";

    /// <summary>A way to convert a picture that is not read, for messages; it keeps the original.</summary>
    public const string Conversion = "for example by ImageMagick's 'mogrify -format png FILE'";

    /// <summary>The error of a file that no decoder opens.</summary>
    public const string Unknown = $"is damaged or no picture ({Formats} are read)";

    /// <summary>Largest difference of equal colours: premultiplied colours are rounded.</summary>
    private const int ColourTolerance = 2;

    /// <summary>Whether a file name has an extension of these formats and is not hidden.</summary>
    public static bool HasPictureExtension(string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ".png" or ".apng" or ".jpg" or ".jpeg" or ".jpe" or ".jfif" or ".jfi" or ".webp" or ".bmp"
            or ".dib" or ".gif" or ".tif" or ".tiff" && Path.GetFileName(path)[0] != '.';

    /// <summary>Reads the header; null if the image has another format.</summary>
    public static PictureHeader? ReadHeader(byte[] encoded)
    {
        using var picture = EncodedPicture.Open(encoded);
        return picture is null ? null
            : new PictureHeader(picture.Width, picture.Height, picture.IsGrey, picture.Origin != SKEncodedOrigin.TopLeft, picture.HasSixteenBits,
                picture.HasMore);
    }

    /// <summary>Explains why an image is not supported, whatever its name; null if it is damaged or unknown.</summary>
    public static string? DescribeUnsupported(byte[] encoded) => encoded.Length == 0 ? "is empty"
        : DetectOtherFormat(encoded) is { } other ? $"contains {other}; only {Formats} are read: convert it, {Conversion}"
        : DetectOtherContent(encoded) is { } content ? $"contains {content}; only {Formats} are read"
        : TiffHeader.IsTiff(encoded) && TiffPicture.DescribeUnread(encoded) is { } kind ? $"contains {kind}" : null;

    /// <summary>Explains why an image could not be resized.</summary>
    public static string DescribeFailure(byte[] encoded)
    {
        using var picture = EncodedPicture.Open(encoded);
        if (picture is null) return DescribeUnsupported(encoded) ?? Unknown;
        return (long)picture.Width * picture.Height > picture.MaxPixels && !picture.IsScalable
            ? $"has {picture.Width}x{picture.Height} pixels, more than {picture.MaxPixels >> 20} million" : "is damaged or truncated";
    }

    private static string? DetectOtherFormat(byte[] encoded) => encoded.AsSpan() switch
    {
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "HEIF or AVIF",
        [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', (byte)' ', ..] => "JPEG XL",
        [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' ', ..] => "JPEG 2000",
        [0, 0, 1, 0, ..] => "an icon",
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a document of Photoshop",
        _ => null,
    };

    private static string? DetectOtherContent(byte[] encoded) => encoded.AsSpan() switch
    {
        [(byte)'<', ..] => "text (HTML or SVG)",
        [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => "an array of NumPy",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "PDF",
        _ => null,
    };

    /// <summary>Decodes an image into channels, plane by plane. Transparent pixels keep their colour.</summary>
    /// <param name="encoded">The file.</param>
    /// <param name="planes">Destination of [C, H, W] bytes; C is 1 only if the header says grey, otherwise 3.</param>
    public static DecodedPicture Decode(byte[] encoded, Span<byte> planes)
    {
        using var picture = EncodedPicture.Open(encoded);
        if (picture is null) return default;
        var pixels = picture.Width * picture.Height;
        if (planes.Length == pixels)
            return new DecodedPicture(ReadPixels(picture, SKColorType.Gray8, SKAlphaType.Opaque, planes), false, false, false);

        var rgba = ArrayPool<byte>.Shared.Rent(4 * pixels);
        try
        {
            var colours = rgba.AsSpan(0, 4 * pixels);
            if (!ReadPixels(picture, SKColorType.Rgba8888, SKAlphaType.Unpremul, colours)) return default;
            var red = planes[..pixels];
            var green = planes[pixels..(2 * pixels)];
            var blue = planes[(2 * pixels)..];
            var different = 0;
            for (var i = 0; i < pixels; i++)
            {
                var (r, g, b) = (colours[4 * i], colours[4 * i + 1], colours[4 * i + 2]);
                (red[i], green[i], blue[i]) = (r, g, b);
                different |= (r ^ g) | (g ^ b);
            }
            var (transparent, onlyInAlpha) = picture.IsOpaque ? (false, false) : CheckTransparency(colours);
            return new DecodedPicture(true, different != 0, transparent, onlyInAlpha);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    /// <summary>
    /// Rotates an image upright according to EXIF, crops its centre to the requested aspect ratio and averages it to the size; grey
    /// if it is stored so. Transparent pixels keep their colour or are laid over a background.
    /// </summary>
    /// <returns>PNG, null if the image is damaged; and whether nothing is visible without transparency.</returns>
    public static (byte[]? Png, bool Lost) Resize(byte[] encoded, int width, int height, Background? background)
    {
        using var picture = EncodedPicture.Open(encoded);
        if (picture is null) return default;
        if ((long)picture.Width * picture.Height <= LargePictureDecoder.MaxParallelPixels) return Resize(picture, width, height, background);
        lock (LargePictureDecoder.DecodeLock)
        {
            try
            {
                return Resize(picture, width, height, background);
            }
            finally
            {
                // Return the memory: another thread, with its own memory pool, decodes the next large picture.
                MallocTuning.Trim();
            }
        }
    }

    private static unsafe (byte[]? Png, bool Lost) Resize(EncodedPicture picture, int width, int height, Background? background)
    {
        var origin = picture.Origin;
        var (type, alpha) = picture.IsGrey ? (SKColorType.Gray8, SKAlphaType.Opaque)
            : (SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var whole = LargePictureDecoder.Decode(picture, type, alpha);
        if (whole is null) return default;
        var pixels = new Span<byte>((void*)whole.GetPixels(), whole.ByteCount);
        var lost = false;
        if (type == SKColorType.Rgba8888)
        {
            background?.BlendOver(pixels);
            lost = background is null && !picture.IsOpaque && CheckTransparency(pixels).OnlyInAlpha;
            for (var i = 3; i < pixels.Length; i += 4) pixels[i] = byte.MaxValue;
        }

        // Mutable bitmaps are copied before they are drawn.
        whole.SetImmutable();
        using var resized = new SKBitmap(new SKImageInfo(width, height, type, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(resized))
        using (var paint = new SKPaint())
        {
            paint.BlendMode = SKBlendMode.Src;
            canvas.SetMatrix(OrientationMatrix(origin, whole.Width, whole.Height).PostConcat(CropMatrix(origin, whole, width, height)));
            canvas.DrawBitmap(whole, 0, 0, Sampling, paint);
        }
        using var png = resized.Encode(SKEncodedImageFormat.Png, 100);
        return (png.ToArray(), lost);
    }

    /// <summary>Encodes one or three planes of bytes as PNG.</summary>
    /// <param name="planes">[C, H, W].</param>
    /// <param name="width">W.</param>
    /// <param name="height">H.</param>
    public static byte[] EncodePng(ReadOnlySpan<byte> planes, int width, int height)
    {
        var (area, grey) = (width * height, planes.Length == width * height);
        var pixels = new byte[grey ? area : 4 * area];
        if (grey) planes.CopyTo(pixels);
        for (var i = 0; !grey && i < area; i++)
            (pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2], pixels[4 * i + 3]) = (planes[i], planes[area + i], planes[2 * area + i], 255);
        using var image = SKImage.FromPixelCopy(
            new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque), pixels);
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Averages 2x2 pixels until the image is less than twice as large, then interpolates linearly.</summary>
    private static readonly SKSamplingOptions Sampling = new(SKFilterMode.Linear, SKMipmapMode.Nearest);

    /// <summary>Returns the map from stored to upright pixels: the eight orientations of EXIF.</summary>
    private static SKMatrix OrientationMatrix(SKEncodedOrigin origin, float w, float h) => origin switch
    {
        SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, w, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, w, 0, -1, h, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, h, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new SKMatrix(0, -1, h, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, h, -1, 0, w, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new SKMatrix(0, 1, 0, -1, 0, w, 0, 0, 1),
        _ => SKMatrix.Identity,
    };

    /// <summary>Returns the map from an upright picture to its centre in width x height.</summary>
    private static SKMatrix CropMatrix(SKEncodedOrigin origin, SKBitmap whole, int width, int height)
    {
        var (w, h) = origin >= SKEncodedOrigin.LeftTop ? (whole.Height, whole.Width) : (whole.Width, whole.Height);
        var scale = Math.Max((float)width / w, (float)height / h);
        return new SKMatrix(scale, 0, (width - scale * w) / 2, 0, scale, (height - scale * h) / 2, 0, 0, 1);
    }

    /// <summary>Returns, for four bytes per pixel, whether any pixel is not opaque, and whether pixels differ only in opacity.</summary>
    private static (bool Transparent, bool OnlyInAlpha) CheckTransparency(ReadOnlySpan<byte> rgba)
    {
        var (transparent, opacities, colours) = (false, false, false);
        for (var i = 0; i < rgba.Length; i += 4)
        {
            transparent |= rgba[i + 3] != byte.MaxValue;
            opacities |= rgba[i + 3] != rgba[3];
            colours |= Math.Abs(rgba[i] - rgba[0]) > ColourTolerance || Math.Abs(rgba[i + 1] - rgba[1]) > ColourTolerance
                || Math.Abs(rgba[i + 2] - rgba[2]) > ColourTolerance;
        }
        return (transparent, opacities && !colours);
    }

    private static unsafe bool ReadPixels(EncodedPicture picture, SKColorType colour, SKAlphaType alpha, Span<byte> room)
    {
        // A broken file may omit rows: clear them, so that the result does not depend on old memory.
        room.Clear();
        fixed (byte* start = &MemoryMarshal.GetReference(room))
            return picture.Read(new SKImageInfo(picture.Width, picture.Height, colour, alpha), (nint)start);
    }
}
