using System.Runtime.InteropServices;
using SkiaSharp;

namespace Arow.Data;

/// <summary>A contact sheet of a data set: one row per class, in class order, with some of its images.</summary>
internal static class ContactSheet
{
    private const int Gap = 4;

    /// <summary>Returns the sheet as PNG.</summary>
    /// <param name="set">The images, on any device.</param>
    /// <param name="columns">Images per row; fewer if a class has fewer.</param>
    /// <param name="seed">Seed of the random choice of images.</param>
    /// <param name="scale">Integer magnification; null for images about 84 pixels wide.</param>
    public static byte[] RenderPng(ImageSet set, int columns, long seed, int? scale = null)
    {
        var magnification = scale ?? Math.Max(1, 84 / set.Width);
        var (w, h) = (set.Width * magnification, set.Height * magnification);
        using var sheet = new SKBitmap(new SKImageInfo(
            columns * (w + Gap) + Gap, set.Classes.Count * (h + Gap) + Gap, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        foreach (var (row, column, image) in SampleImages(set, columns, seed))
        {
            using var bitmap = CreateBitmap(image, set.Channels, set.Width, set.Height);
            canvas.DrawBitmap(bitmap, SKRect.Create(Gap + column * (w + Gap), Gap + row * (h + Gap), w, h), SKSamplingOptions.Default);
        }
        canvas.Flush();
        using var encoded = sheet.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static IEnumerable<(int Row, int Column, byte[] Image)> SampleImages(ImageSet set, int columns, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var order = randperm(set.Count, dtype: ScalarType.Int64, generator: generator).to(set.Labels.device);
        var labels = set.Labels.index_select(0, order).cpu();
        for (var row = 0; row < set.Classes.Count; row++)
        {
            var places = (labels == row).nonzero().flatten();
            var drawn = set.Images.index_select(0, order.index_select(0, places[..(int)Math.Min(columns, places.shape[0])].to(order.device)));
            var bytes = drawn.cpu().contiguous().bytes.ToArray();
            foreach (var (column, image) in bytes.Chunk(set.Channels * set.Height * set.Width).Index())
                yield return (row, column, image);
        }
    }

    private static SKBitmap CreateBitmap(byte[] planes, int channels, int width, int height)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var (pixels, area) = (new byte[4 * width * height], width * height);
        for (var i = 0; i < area; i++)
        {
            for (var c = 0; c < 3; c++) pixels[4 * i + c] = planes[(channels == 1 ? 0 : c * area) + i];
            pixels[4 * i + 3] = 255;
        }
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        return bitmap;
    }
}
