using Arow.Data;
using Arow.Models;

namespace Arow.Cli.Serving;

/// <summary>Test images of the embedded data set, for models that were trained on it.</summary>
internal static class SamplePictures
{
    private const int Count = 8;

    /// <summary>PNG files and their labels; none for models of other data sets.</summary>
    public static IReadOnlyList<(byte[] Png, long Label)> Find(string? dataset, InputShape input)
    {
        if (new[] { new Glyphs(), new Glyphs(Colour: true) }.FirstOrDefault(set => set.Name == dataset) is not { } glyphs) return [];
        using var images = glyphs.Draw(Split.Test, Count);
        if ((images.Channels, images.Height, images.Width) != (input.Channels, input.Height, input.Width)) return [];
        var size = images.Channels * images.Height * images.Width;
        var (bytes, labels) = (images.Images.data<byte>().ToArray(), images.Labels.data<long>().ToArray());
        return [.. labels.Select((label, i) => (PicturePng.Encode(bytes.AsSpan(i * size, size), images.Width, images.Height), label))];
    }
}
