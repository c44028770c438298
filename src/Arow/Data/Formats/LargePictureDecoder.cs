using SkiaSharp;

namespace Arow.Data;

/// <summary>
/// Decodes pictures that will be reduced, in bounded memory: a JPEG with more pixels than the limit is decoded at a fraction of its
/// size. The other decoders cannot do so.
/// </summary>
internal static class LargePictureDecoder
{
    /// <summary>Most pixels decoded at once: 256 MB in colour.</summary>
    public const long MaxPixels = 64L << 20;

    /// <summary>Most pixels of a picture for which several are decoded in parallel.</summary>
    public const long MaxParallelPixels = MaxPixels / 4;

    /// <summary>Held while a larger picture is decoded.</summary>
    public static readonly Lock DecodeLock = new();

    /// <summary>Most pixels of a format: decoders of WebP and GIF keep a copy of their own.</summary>
    public static long MaxPixelsOf(SKEncodedImageFormat format) =>
        format is SKEncodedImageFormat.Webp or SKEncodedImageFormat.Gif ? MaxPixels / 2 : MaxPixels;

    /// <summary>Decodes a picture, possibly reduced; null if it is damaged, or too large and no JPEG.</summary>
    /// <param name="codec">Codec of the picture.</param>
    /// <param name="type">Grey, or colour with transparency.</param>
    /// <param name="alpha">Treatment of transparency.</param>
    /// <param name="maxPixels">Most pixels to decode at once; null for <see cref="MaxPixelsOf"/>.</param>
    public static SKBitmap? Decode(SKCodec codec, SKColorType type, SKAlphaType alpha, long? maxPixels = null)
    {
        var (width, height, most) = (codec.Info.Width, codec.Info.Height, maxPixels ?? MaxPixelsOf(codec.EncodedFormat));
        if ((long)width * height <= most) return DecodeWhole(codec, new SKImageInfo(width, height, type, alpha));
        return codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? DecodeScaledJpeg(codec, type, alpha, most) : null;
    }

    private static unsafe SKBitmap? DecodeWhole(SKCodec codec, SKImageInfo info)
    {
        var bitmap = new SKBitmap();
        if (bitmap.TryAllocPixels(info))
        {
            // A broken file may omit rows: clear them, so that the result does not depend on old memory.
            new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount).Clear();
            if (codec.GetPixels(info, bitmap.GetPixels()) == SKCodecResult.Success) return bitmap;
        }
        bitmap.Dispose();
        return null;
    }

    private static SKBitmap? DecodeScaledJpeg(SKCodec codec, SKColorType type, SKAlphaType alpha, long mostPixels)
    {
        // The decoder scales by eighths.
        for (var eighths = 7; eighths > 0; eighths--)
        {
            var size = codec.GetScaledDimensions(eighths / 8f);
            if ((long)size.Width * size.Height <= mostPixels) return DecodeWhole(codec, new SKImageInfo(size.Width, size.Height, type, alpha));
        }
        return null;
    }
}
