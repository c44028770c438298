using Arow.Inference;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>WebP, BMP, GIF and TIFF. The files and what they show were written by another tool: see <c>Fixtures/README.md</c>.</summary>
public sealed class PictureFormatsTests : IDisposable
{
    private const int Width = 13, Height = 9;

    private static readonly string[] GreyNames = ["grey", "one-bit", "four-bits", "white-is-zero"];

    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. Directory.GetFiles(Pictures).Select(path => Path.GetFileName(path)!)
        .Where(name => !name.EndsWith(".png", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Pictures => Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/pictures");

    /// <summary>Thousands of photographs take minutes.</summary>
    [Fact]
    public void Reading_tells_how_far_it_is()
    {
        foreach (var name in (string[])["train/cat/a", "train/dog/a", "train/dog/b", "test/cat/a", "test/dog/a"])
            folder.Write($"{name}.png", Painted(SKColors.Red, 3, 3));
        var told = new List<(int Done, int All)>();
        ReadingProgress.Observer = (done, all) => told.Add((done, all));
        foreach (var size in (ImageSize?[])[null, new ImageSize(2, 2)])
        {
            told.Clear();
            new ImageFolder { Size = size, CacheFolder = null }.Load(Split.Train, folder.Root).Dispose();
            // All five decide on size and colour, three are decoded.
            Assert.Equal(Enumerable.Range(1, 8).Select(done => (done, 8)), told);
        }
    }

    /// <summary>A stop ends the reading after the images under way; those that were resized are kept, whole.</summary>
    [Fact]
    public void Reading_stops_soon_and_goes_on_with_what_it_has_kept()
    {
        const int All = 60, MostAtOnce = 4, Last = 5;
        for (var i = 0; i < All; i++) folder.Write($"photos/train/{(i % 2 == 0 ? "cat" : "dog")}/{i}.png", Painted(new SKColor((byte)i, 0, 0), 3, 3));
        var set = new ImageFolder { Size = new ImageSize(2, 2), CacheFolder = folder["kept"] };
        using var stop = new CancellationTokenSource();
        var read = 0;
        ReadingProgress.Observer = (done, _) =>
        {
            if ((read = done) == Last) stop.Cancel();
        };
        ReadingProgress.Stop = stop.Token;
        Assert.ThrowsAny<OperationCanceledException>(() => set.Load(Split.Train, folder["photos"]));
        Assert.InRange(read, Last, Last + MostAtOnce);
        var kept = Directory.GetFiles(folder["kept"], "*", SearchOption.AllDirectories);
        Assert.InRange(kept.Length, Last, Last + MostAtOnce);
        Assert.All(kept, file => Assert.Equal(2, PictureCodec.ReadHeader(File.ReadAllBytes(file))!.Value.Width));

        ReadingProgress.Stop = CancellationToken.None;
        using var resumed = set.Load(Split.Train, folder["photos"]);
        using var anew = (set with { CacheFolder = null }).Load(Split.Train, folder["photos"]);
        Assert.Equal(Bytes(anew.Images), Bytes(resumed.Images));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pixels_are_those_that_another_tool_reads(string name)
    {
        var encoded = Fixture(name);
        var header = PictureCodec.ReadHeader(encoded)!.Value;
        Assert.Equal((Width, Height, name.Split('.')[0] is "animated" or "pages", name.StartsWith("rotated.", StringComparison.Ordinal)),
            (header.Width, header.Height, header.Animated, header.Rotated));
        Assert.Equal(name is "sixteen.tif" or "grey-sixteen.tif", header.SixteenBits);
        var planes = new byte[(header.Grey ? 1 : 3) * Width * Height];
        var content = PictureCodec.Decode(encoded, planes);
        Assert.True(content.Succeeded);
        Assert.Equal(!GreyNames.Any(grey => name.StartsWith(grey, StringComparison.Ordinal)), content.Coloured);
        Assert.Equal(name is "alpha.webp" or "transparent.gif" or "alpha.tif" or "grey-alpha.tif" or "tiled.tif" or "premultiplied.tif",
            content.Transparent);

        using var expected = SKBitmap.Decode(Fixture($"{name}.png"), new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var tolerance = name switch
        {
            // The decoder of lossy WebP may round otherwise, and so may the product of two colours of CMYK, and JPEG's transform.
            "lossy.webp" or "animated.webp" => 2,
            "cmyk.tif" or "jpeg-rgb.tif" => 1,
            // Of each 2x2 pixels there is one chroma, which decoders repeat or interpolate: a quarter of its step to the next column and to the
            // next row, here 17 and 21, times the 1.4 of red (JFIF 1.02), and the rounding of luma and chroma.
            "jpeg.tif" => 16,
            _ => 0,
        };
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
        var predicted = PictureInput.Decode(Fixture(name), Shape(resized), upright: true);
        Assert.Equal(Bytes(resized.Images[0]), predicted.Pixels);
        Assert.Equal(name.Split('.')[0] is "animated" or "pages", predicted.IsFirstOfSeveral);

        static InputShape Shape(ImageSet images) => new(images.Channels, images.Height, images.Width);
    }

    [Theory, InlineData("rotated.webp"), InlineData("rotated.tif")]
    public void A_rotated_picture_is_turned_upright(string name)
    {
        var (turned, _) = PictureCodec.Resize(Fixture(name), Height, Width, background: null);
        using var upright = SKBitmap.Decode(turned);
        using var stored = SKBitmap.Decode(Fixture($"{name}.png"));
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

    /// <summary>Few bytes whose directory claims much: each number is checked before anything of its size is allocated.</summary>
    [Theory]
    [InlineData("has 65535x65535 pixels, more than 32 million", 256, 65535u, 257, 65535u, 278, 65535u)]
    [InlineData(PictureCodec.Unknown, 256, 1u << 31)]
    [InlineData(PictureCodec.Unknown, 257, int.MaxValue, 278, 1u)]
    [InlineData(PictureCodec.Unknown, 257, 0u)]
    [InlineData(PictureCodec.Unknown, 273, 4000000000u)]
    [InlineData(PictureCodec.Unknown, 279, 1000u)]
    [InlineData(PictureCodec.Unknown, 322, 1u << 30, 323, 1u << 30)]
    [InlineData("is damaged or truncated", 322, 1u << 30, 323, 1u << 30, 324, 8u, 325, 64u)]
    [InlineData("is damaged or truncated", 257, 4000u, 278, 4000u)]
    [InlineData("contains TIFF with 65535 values a pixel, which is not read", 277, 65535u)]
    [InlineData("contains TIFF with fractions or signed values, which is not read", 339, 3u)]
    [InlineData("contains TIFF with 32 bits a value, 1 a pixel, in colours of kind 1, which is not read", 258, 32u)]
    [InlineData("contains TIFF with 8 bits a value, 1 a pixel, in Lab, which is not read", 262, 8u)]
    [InlineData("contains a raw photograph, of which no more than a preview could be read; develop it first", 254, 1u)]
    public void A_directory_that_lies_or_says_too_much_is_refused(string fault, params object[] tags)
    {
        var bomb = TiffWriter.Grey(8, new byte[64], [.. tags.Chunk(2).Select(t => ((int)t[0], Convert.ToUInt32(t[1])))]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InputException>(() => PictureInput.Decode(bomb, new InputShape(1, 4, 4)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(fault, error.Message);
    }

    /// <summary>An application may use the same library, whose handler of errors is one for all.</summary>
    [Fact]
    public void A_tiff_file_that_is_cut_anywhere_is_refused_or_read_in_silence()
    {
        var (output, error, said) = (Console.Out, Console.Error, new StringWriter());
        Console.SetOut(said);
        Console.SetError(said);
        try
        {
            foreach (var name in (string[])["lzw.tif", "jpeg.tif", "tiled.tif", "one-bit.tif"])
            {
                var whole = Fixture(name);
                for (var length = 8; length < whole.Length; length += 7)
                {
                    if (PictureCodec.ReadHeader(whole[..length]) is { } header)
                        PictureCodec.Decode(whole[..length], new byte[(header.Grey ? 1 : 3) * header.Width * header.Height]);
                }
            }
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
        Assert.Equal("", said.ToString());
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
