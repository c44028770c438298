using System.Runtime.InteropServices;
using SkiaSharp;

namespace Arow.Reports;

/// <summary>A colour.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue);

/// <summary>A white sheet to put images and letters on, pixel by pixel: the same on every machine.</summary>
internal sealed class Raster
{
    private readonly int width, height;
    private readonly byte[] rgba;

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public Raster(int width, int height)
    {
        (this.width, this.height) = (width, height);
        rgba = new byte[4 * width * height];
        rgba.AsSpan().Fill(byte.MaxValue);
    }

    /// <summary>An image of one or three planes, each of its pixels a square.</summary>
    /// <param name="left">Where it begins.</param>
    /// <param name="top">Where it begins.</param>
    /// <param name="planes">[C, H, W].</param>
    /// <param name="w">W.</param>
    /// <param name="h">H.</param>
    /// <param name="times">The side of the squares.</param>
    public void Image(int left, int top, ReadOnlySpan<byte> planes, int w, int h, int times)
    {
        var (area, grey) = (w * h, planes.Length == w * h);
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
            {
                var i = y * w + x;
                var colour = grey ? new Colour(planes[i], planes[i], planes[i]) : new Colour(planes[i], planes[area + i], planes[2 * area + i]);
                Square(left + x * times, top + y * times, times, colour);
            }
        }
    }

    /// <summary>A line of text.</summary>
    /// <param name="left">Where it begins.</param>
    /// <param name="top">Where it begins.</param>
    /// <param name="text">What does not fit on the sheet is cut off.</param>
    /// <param name="dot">The side of a dot of <see cref="TinyFont"/>.</param>
    /// <param name="colour">Of the letters.</param>
    public void Text(int left, int top, string text, int dot, Colour colour)
    {
        foreach (var (x, y) in TinyFont.Dots(text)) Square(left + x * dot, top + y * dot, dot, colour);
    }

    /// <summary>The sheet as PNG.</summary>
    public byte[] ToPng()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>A rectangle; what does not fit on the sheet is cut off.</summary>
    public void Rectangle(int left, int top, int wide, int high, Colour colour)
    {
        for (var y = Math.Max(top, 0); y < Math.Min(top + high, height); y++)
        {
            for (var x = Math.Max(left, 0); x < Math.Min(left + wide, width); x++)
            {
                var i = 4 * (y * width + x);
                (rgba[i], rgba[i + 1], rgba[i + 2]) = (colour.Red, colour.Green, colour.Blue);
            }
        }
    }

    private void Square(int left, int top, int side, Colour colour) => Rectangle(left, top, side, side, colour);
}
