using Arow.Inference;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>WebP, BMP and GIF. The files and what they show were written by another tool: see <c>Fixtures/README.md</c>.</summary>
public sealed class PictureFormatsTests : IDisposable
{
    private const int Width = 13, Height = 9;

    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. Directory.GetFiles(Pictures).Select(path => Path.GetFileName(path)!)
        .Where(name => !name.EndsWith(".png", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Pictures => Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/pictures");

    [Theory]
    [MemberData(nameof(Names))]
    public void Pixels_are_those_that_another_tool_reads(string name)
    {
        var encoded = Fixture(name);
        var header = PictureCodec.ReadHeader(encoded)!.Value;
        Assert.Equal((Width, Height, name.StartsWith("animated.", StringComparison.Ordinal), name == "rotated.webp"),
            (header.Width, header.Height, header.Animated, header.Rotated));
        var planes = new byte[(header.Grey ? 1 : 3) * Width * Height];
        var content = PictureCodec.Decode(encoded, planes);
        Assert.True(content.Succeeded);
        Assert.Equal(!name.StartsWith("grey", StringComparison.Ordinal) && !name.StartsWith("one-bit", StringComparison.Ordinal), content.Coloured);
        Assert.Equal(name is "alpha.webp" or "transparent.gif", content.Transparent);

        using var expected = SKBitmap.Decode(Fixture($"{name}.png"), new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        // The decoder of lossy WebP may round otherwise.
        var tolerance = name is "lossy.webp" or "animated.webp" ? 2 : 0;
        for (var i = 0; i < Width * Height; i++)
        {
            var pixel = expected.GetPixel(i % Width, i / Width);
            if (pixel.Alpha < 255 && name == "transparent.gif") continue;
            byte[] channels = [pixel.Red, pixel.Green, pixel.Blue];
            for (var c = 0; c < 3; c++)
                Assert.InRange(planes[header.Grey ? i : c * Width * Height + i], channels[c] - tolerance, channels[c] + tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Training_and_prediction_see_the_same_pixels(string name)
    {
        foreach (var label in "ab") folder.Write($"{label}/{name}", Fixture(name));
        using var asStored = new ImageFolder().Load(Split.Train, folder.Root);
        using var resized = new ImageFolder { Size = new ImageSize(5, 7), CacheFolder = null }.Load(Split.Train, folder.Root);
        Assert.Equal(Bytes(asStored.Images[0]), PictureInput.Decode(Fixture(name), Shape(asStored)).Pixels);
        Assert.Equal(Bytes(resized.Images[0]), PictureInput.Decode(Fixture(name), Shape(resized), upright: true).Pixels);

        static InputShape Shape(ImageSet images) => new(images.Channels, images.Height, images.Width);
    }

    [Fact]
    public void A_rotated_picture_is_turned_upright()
    {
        var (turned, _) = PictureCodec.Resize(Fixture("rotated.webp"), Height, Width, background: null);
        using var upright = SKBitmap.Decode(turned);
        using var stored = SKBitmap.Decode(Fixture("rotated.webp.png"));
        // Orientation 6: the first row of the file becomes the last column.
        Assert.Equal(stored.GetPixel(0, 0), upright.GetPixel(Height - 1, 0));
        Assert.Equal(stored.GetPixel(Width - 1, 0), upright.GetPixel(Height - 1, Width - 1));
    }

    /// <summary>Few bytes that claim a picture of gigabytes.</summary>
    [Theory]
    [InlineData("palette.gif", 6, "ffffffff", "has 65535x65535 pixels, more than 32 million")]
    [InlineData("palette.gif", 6, "00400020", "has 16384x8192 pixels, more than 32 million")]
    [InlineData("colour.bmp", 18, "0020000000200000", "is damaged or truncated")]
    [InlineData("colour.bmp", 18, "60ea000060ea0000", "has 60000x60000 pixels, more than 64 million")]
    [InlineData("colour.bmp", 18, "ffffff7fffffff7f", PictureCodec.Unknown)]
    [InlineData("lossless.webp", 21, "ffffff0f", "has 16384x16384 pixels, more than 32 million")]
    [InlineData("rotated.webp", 24, "ff3f00ff3f00", PictureCodec.Unknown)]
    public void A_header_that_lies_is_refused(string name, int at, string bytes, string fault)
    {
        var bomb = Fixture(name);
        Convert.FromHexString(bytes).CopyTo(bomb, at);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InputException>(() => PictureInput.Decode(bomb, new InputShape(3, 8, 8)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(fault, error.Message);
    }

    [Fact]
    public void An_animation_of_many_pictures_is_not_counted_through()
    {
        var gif = Fixture("palette.gif");
        // The last block, a picture, again and again without its end.
        var picture = gif.AsSpan(Array.IndexOf(gif, (byte)',', 13 + 12))[..^1].ToArray();
        byte[] many = [.. gif[..^1], .. Enumerable.Repeat(picture, 100_000).SelectMany(bytes => bytes)];
        Assert.True(PictureAnimation.Has(SKEncodedImageFormat.Gif, many));
        Assert.False(PictureAnimation.Has(SKEncodedImageFormat.Gif, gif));
        for (var length = 0; length < gif.Length; length++) Assert.False(PictureAnimation.Has(SKEncodedImageFormat.Gif, gif.AsSpan(0, length)));
        Assert.False(PictureAnimation.Has(SKEncodedImageFormat.Webp, many.AsSpan(0, 12)));
    }

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(Pictures, name));
}
