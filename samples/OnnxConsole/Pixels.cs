using SkiaSharp;

/// <summary>What the model takes: pixels in [0, 1], plane after plane; its normalisation is in the file.</summary>
internal static class Pixels
{
    /// <summary>Reads a picture. One of another size is cut around the middle and averaged, as in training.</summary>
    /// <returns>channels · height · width numbers.</returns>
    public static float[] Read(string path, int channels, int height, int width)
    {
        using var picture = SKBitmap.Decode(path);
        using var sized = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        using (var canvas = new SKCanvas(sized))
        {
            var scale = Math.Max((float)width / picture.Width, (float)height / picture.Height);
            canvas.Translate((width - scale * picture.Width) / 2, (height - scale * picture.Height) / 2);
            canvas.Scale(scale);
            canvas.DrawBitmap(picture, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Nearest));
        }
        var (area, numbers) = (height * width, new float[channels * height * width]);
        for (var i = 0; i < area; i++)
        {
            var colour = sized.GetPixel(i % width, i / width);
            if (channels == 1) numbers[i] = (299 * colour.Red + 587 * colour.Green + 114 * colour.Blue) / 255000f;
            else (numbers[i], numbers[area + i], numbers[2 * area + i]) = (colour.Red / 255f, colour.Green / 255f, colour.Blue / 255f);
        }
        return numbers;
    }
}
