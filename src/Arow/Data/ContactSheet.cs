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
        return Draw(
            SampleImages(set, columns, seed), (set.Classes.Count, columns), (set.Channels, set.Width, set.Height),
            scale ?? Magnification(set.Width)).Png;
    }

    /// <summary>Returns a sheet of given images as PNG, with its width and height.</summary>
    /// <param name="rows">[R, N, C, H, W], uint8, on the CPU.</param>
    public static (byte[] Png, int Width, int Height) RenderPng(Tensor rows)
    {
        var shape = rows.shape.Select(n => (int)n).ToArray();
        var images = rows.contiguous().bytes.ToArray().Chunk(shape[2] * shape[3] * shape[4]).Index();
        return Draw(
            images.Select(image => (image.Index / shape[1], image.Index % shape[1], image.Item)),
            (shape[0], shape[1]), (shape[2], shape[4], shape[3]), Magnification(shape[4]));
    }

    private static int Magnification(int width) => Math.Max(1, 84 / width);

    private static (byte[] Png, int Width, int Height) Draw(
        IEnumerable<(int Row, int Column, byte[] Image)> images, (int Rows, int Columns) count, (int Channels, int Width, int Height) size, int scale)
    {
        var (w, h) = (size.Width * scale, size.Height * scale);
        using var sheet = new SKBitmap(new SKImageInfo(
            count.Columns * (w + Gap) + Gap, count.Rows * (h + Gap) + Gap, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        foreach (var (row, column, image) in images)
        {
            using var bitmap = CreateBitmap(image, size.Channels, size.Width, size.Height);
            canvas.DrawBitmap(bitmap, SKRect.Create(Gap + column * (w + Gap), Gap + row * (h + Gap), w, h), SKSamplingOptions.Default);
        }
        canvas.Flush();
        using var encoded = sheet.Encode(SKEncodedImageFormat.Png, 100);
        return (encoded.ToArray(), sheet.Width, sheet.Height);
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
            var drawn = set.Gather(order.index_select(0, places[..(int)Math.Min(columns, places.shape[0])].to(order.device)));
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
