using System.Buffers;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Arow.Data;

/// <summary>What the header of an encoded image says.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Grey">Whether it is stored without colour; one stored with colour may still show none.</param>
internal readonly record struct PictureHeader(int Width, int Height, bool Grey);

/// <summary>PNG and JPEG images, decoded without colour management or rotation: the numbers that the file holds.</summary>
internal static class Picture
{
    /// <summary>Whether a file name says that it is one.</summary>
    public static bool IsNamed(string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg" && Path.GetFileName(path)[0] != '.';

    /// <summary>Reads the header; null if it is neither PNG nor JPEG.</summary>
    public static PictureHeader? Header(byte[] encoded)
    {
        using var codec = Open(encoded);
        return codec is null ? null
            : new PictureHeader(codec.Info.Width, codec.Info.Height, codec.Info.ColorType == SKColorType.Gray8);
    }

    /// <summary>Decodes an image to its channels, plane after plane. What is transparent keeps its colour.</summary>
    /// <param name="encoded">The file.</param>
    /// <param name="planes">Room for [C, H, W] bytes; C is 1 only where the header says grey, otherwise 3.</param>
    /// <returns>Whether all went well, and whether there is a pixel that is not grey.</returns>
    public static (bool Good, bool Coloured) Decode(byte[] encoded, Span<byte> planes)
    {
        using var codec = Open(encoded);
        if (codec is null) return (false, false);
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        var pixels = width * height;
        if (planes.Length == pixels) return (Pixels(codec, SKColorType.Gray8, SKAlphaType.Opaque, planes), false);

        var rgba = ArrayPool<byte>.Shared.Rent(4 * pixels);
        try
        {
            var colours = rgba.AsSpan(0, 4 * pixels);
            if (!Pixels(codec, SKColorType.Rgba8888, SKAlphaType.Unpremul, colours)) return (false, false);
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
            return (true, different != 0);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    private static SKCodec? Open(byte[] encoded)
    {
        using var data = SKData.CreateCopy(encoded);
        var codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg) return codec;
        codec.Dispose();
        return null;
    }

    private static unsafe bool Pixels(SKCodec codec, SKColorType colour, SKAlphaType alpha, Span<byte> room)
    {
        // Rows that a broken file leaves out stay as they were: the result must not depend on what was there.
        room.Clear();
        fixed (byte* start = &MemoryMarshal.GetReference(room))
        {
            var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, colour, alpha);
            return codec.GetPixels(info, (nint)start) == SKCodecResult.Success;
        }
    }
}
