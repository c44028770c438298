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

    /// <summary>Decodes a picture, possibly reduced; null if it is damaged, or too large and no JPEG.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="type">Grey, or colour with transparency.</param>
    /// <param name="alpha">Treatment of transparency.</param>
    /// <param name="maxPixels">Most pixels to decode at once; null for <see cref="EncodedPicture.MaxPixels"/>.</param>
    public static SKBitmap? Decode(EncodedPicture picture, SKColorType type, SKAlphaType alpha, long? maxPixels = null)
    {
        var (width, height, most) = (picture.Width, picture.Height, maxPixels ?? picture.MaxPixels);
        if ((long)width * height <= most) return DecodeWhole(picture, new SKImageInfo(width, height, type, alpha));
        return picture.IsScalable ? DecodeScaled(picture, type, alpha, most) : null;
    }

    private static unsafe SKBitmap? DecodeWhole(EncodedPicture picture, SKImageInfo info)
    {
        var bitmap = new SKBitmap();
        if (bitmap.TryAllocPixels(info))
        {
            // A broken file may omit rows: clear them, so that the result does not depend on old memory.
            new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount).Clear();
            if (picture.Read(info, bitmap.GetPixels())) return bitmap;
        }
        bitmap.Dispose();
        return null;
    }

    private static SKBitmap? DecodeScaled(EncodedPicture picture, SKColorType type, SKAlphaType alpha, long mostPixels)
    {
        // The decoder scales by eighths.
        for (var eighths = 7; eighths > 0; eighths--)
        {
            var size = picture.Scaled(eighths / 8f);
            if ((long)size.Width * size.Height <= mostPixels) return DecodeWhole(picture, new SKImageInfo(size.Width, size.Height, type, alpha));
        }
        return null;
    }
}
