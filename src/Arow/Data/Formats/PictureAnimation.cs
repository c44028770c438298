using SkiaSharp;

namespace Arow.Data;

/// <summary>
/// Whether further pictures follow the first one of a file. The decoder's own count builds a list of all frames, whose number a
/// hostile file chooses.
/// </summary>
internal static class PictureAnimation
{
    private const int GifHeader = 13, GifDescriptor = 10, WebpFlags = 20;

    /// <summary>Whether a file that the decoder opened has more than one picture.</summary>
    /// <param name="format">Its format.</param>
    /// <param name="encoded">The file.</param>
    public static bool Has(SKEncodedImageFormat format, ReadOnlySpan<byte> encoded) => format switch
    {
        SKEncodedImageFormat.Png => PngChunks.Has(encoded, "acTL"u8),
        // RIFF container, 2.7.1: the second flag of the first chunk, VP8X.
        SKEncodedImageFormat.Webp => encoded.Length > WebpFlags && encoded[12..].StartsWith("VP8X"u8) && (encoded[WebpFlags] & 2) != 0,
        SKEncodedImageFormat.Gif => HasSecondGifPicture(encoded),
        _ => false,
    };

    /// <summary>GIF 89a, sections 18 to 27: blocks begin with an introducer; colour tables and sub-blocks say their length.</summary>
    private static bool HasSecondGifPicture(ReadOnlySpan<byte> gif)
    {
        if (gif.Length < GifHeader) return false;
        var pictures = 0;
        for (var at = GifHeader + ColourTableBytes(gif[10]); at + 1 < gif.Length;)
        {
            switch (gif[at])
            {
                case (byte)'!':
                    at = SkipSubBlocks(gif, at + 2);
                    break;
                case (byte)',' when pictures++ == 0 && at + GifDescriptor < gif.Length:
                    at = SkipSubBlocks(gif, at + GifDescriptor + ColourTableBytes(gif[at + GifDescriptor - 1]) + 1);
                    break;
                default:
                    return pictures > 1;
            }
        }
        return false;
    }

    private static int ColourTableBytes(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    private static int SkipSubBlocks(ReadOnlySpan<byte> gif, int at)
    {
        while (at < gif.Length && gif[at] != 0) at += gif[at] + 1;
        return at + 1;
    }
}
