using System.Runtime.InteropServices;
using SkiaSharp;

namespace Arow.Reports;

/// <summary>An RGB colour.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    /// <summary>Reads a colour such as #1c2530.</summary>
    public static Colour Parse(string hex) => Convert.FromHexString(hex.AsSpan(1)) is [var red, var green, var blue] ? new(red, green, blue)
        : throw new FormatException(hex);
}

/// <summary>A white bitmap for images and text, drawn pixel by pixel: identical on every machine.</summary>
internal sealed class Bitmap
{
    private readonly int width, height;
    private readonly byte[] rgba;

    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public Bitmap(int width, int height)
    {
        (this.width, this.height) = (width, height);
        rgba = new byte[4 * width * height];
        rgba.AsSpan().Fill(byte.MaxValue);
    }

    /// <summary>Draws an image of one or three planes, each pixel a square.</summary>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Top edge.</param>
    /// <param name="planes">[C, H, W].</param>
    /// <param name="w">W.</param>
    /// <param name="h">H.</param>
    /// <param name="magnification">Side of the squares.</param>
    public void DrawImage(int left, int top, ReadOnlySpan<byte> planes, int w, int h, int magnification)
    {
        var (area, grey) = (w * h, planes.Length == w * h);
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
            {
                var i = y * w + x;
                var colour = grey ? new Colour(planes[i], planes[i], planes[i]) : new Colour(planes[i], planes[area + i], planes[2 * area + i]);
                FillSquare(left + x * magnification, top + y * magnification, magnification, colour);
            }
        }
    }

    /// <summary>Encodes an image of one or three planes as PNG.</summary>
    /// <param name="planes">[C, H, W].</param>
    /// <param name="w">W.</param>
    /// <param name="h">H.</param>
    public static byte[] ToPng(ReadOnlySpan<byte> planes, int w, int h)
    {
        var bitmap = new Bitmap(w, h);
        bitmap.DrawImage(0, 0, planes, w, h, magnification: 1);
        return bitmap.ToPng();
    }

    /// <summary>Draws a line of text.</summary>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Top edge.</param>
    /// <param name="text">The text, clipped to the bitmap.</param>
    /// <param name="dot">Side of a dot of <see cref="DotFont"/>.</param>
    /// <param name="colour">Colour of the text.</param>
    public void DrawText(int left, int top, string text, int dot, Colour colour)
    {
        foreach (var (x, y) in DotFont.GetDots(text)) FillSquare(left + x * dot, top + y * dot, dot, colour);
    }

    /// <summary>Encodes the bitmap as PNG.</summary>
    public byte[] ToPng()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Draws a rectangle, clipped to the bitmap.</summary>
    private void FillRectangle(int left, int top, int wide, int high, Colour colour)
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

    private void FillSquare(int left, int top, int side, Colour colour) => FillRectangle(left, top, side, side, colour);
}
