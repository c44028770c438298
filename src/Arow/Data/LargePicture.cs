using SkiaSharp;

namespace Arow.Data;

/// <summary>
/// Pictures on their way to a smaller size, in bounded memory: a JPEG of more pixels than are decoded at once is decoded at a
/// fraction of its size. Decoders of PNG have no such way.
/// </summary>
internal static class LargePicture
{
    /// <summary>Pixels that are decoded at once: 256 MB in colour.</summary>
    public const long MostPixels = 64L << 20;

    /// <summary>Pixels of a picture of which several are decoded at a time.</summary>
    public const long MostTogether = MostPixels / 4;

    /// <summary>Held by whoever decodes a larger one.</summary>
    public static readonly Lock Turn = new();

    /// <summary>The picture, whole or reduced; null if it is damaged, or a PNG that is too large.</summary>
    /// <param name="codec">Of the picture.</param>
    /// <param name="type">Grey, or colour with transparency.</param>
    /// <param name="alpha">How transparency is kept.</param>
    /// <param name="mostPixels">Pixels to decode at once.</param>
    public static SKBitmap? Decode(SKCodec codec, SKColorType type, SKAlphaType alpha, long mostPixels = MostPixels)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height <= mostPixels) return Decoded(codec, new SKImageInfo(width, height, type, alpha));
        return codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? ScaledJpeg(codec, type, alpha, mostPixels) : null;
    }

    private static unsafe SKBitmap? Decoded(SKCodec codec, SKImageInfo info)
    {
        var bitmap = new SKBitmap();
        if (bitmap.TryAllocPixels(info))
        {
            // Rows that a broken file leaves out stay as they were: the result must not depend on what was there.
            new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount).Clear();
            if (codec.GetPixels(info, bitmap.GetPixels()) == SKCodecResult.Success) return bitmap;
        }
        bitmap.Dispose();
        return null;
    }

    private static SKBitmap? ScaledJpeg(SKCodec codec, SKColorType type, SKAlphaType alpha, long mostPixels)
    {
        // The decoder's own steps are eighths.
        for (var eighths = 7; eighths > 0; eighths--)
        {
            var size = codec.GetScaledDimensions(eighths / 8f);
            if ((long)size.Width * size.Height <= mostPixels) return Decoded(codec, new SKImageInfo(size.Width, size.Height, type, alpha));
        }
        return null;
    }
}
