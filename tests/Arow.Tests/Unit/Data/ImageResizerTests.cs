using SkiaSharp;

namespace Arow.Tests.Unit.Data;

/// <summary>Photographs of any sizes become images of one.</summary>
public sealed class ImageResizerTests : IDisposable
{
    private static readonly SKColor[] Corners = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    private readonly MadeFolder folder = new();

    private string Output => folder["out"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void All_of_them_with_their_folders_and_whatever_they_were()
    {
        folder.Write("in/train/cat/a.jpg", MadeFolder.Painted(SKColors.Gray, 50, 31, format: SKEncodedImageFormat.Jpeg));
        folder.Write("in/train/cat/a.png", MadeFolder.Painted(SKColors.Red, 7, 90));
        folder.Write("in/test/cat/b.JPEG", MadeFolder.Painted(SKColors.Red, 5, 5, format: SKEncodedImageFormat.Jpeg));
        folder.Write("in/test/cat/c.png", MadeFolder.Painted(SKColors.Gray, 40, 40, grey: true));
        folder.Write("in/test/cat/notes.txt", [1, 2, 3]);
        var last = (0, 0);
        var count = new ImageResizer(12, 8) { OnProgress = (done, all) => last = (done, all) }.Run(folder["in"], Output);
        Assert.Equal((4, (4, 4)), (count, last));
        Assert.Equal(
            ["test/cat/b.png", "test/cat/c.png", "train/cat/a.jpg.png", "train/cat/a.png.png"],
            Directory.GetFiles(Output, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Output, f).Replace('\\', '/'))
                .Order(StringComparer.Ordinal));
        Assert.Equal(["in", "out"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var images = new ImageFolder().Load(Split.Train, Output);
        Assert.Equal((3, 8, 12), (images.Channels, images.Height, images.Width));
        using var grey = SKBitmap.Decode(Path.Combine(Output, "test/cat/c.png"));
        Assert.Equal(SKColorType.Gray8, grey.ColorType);
    }

    [Fact]
    public void What_a_killed_one_left_is_removed_by_the_next()
    {
        folder.Write("in/cat/a.png", MadeFolder.Painted(SKColors.Red, 7, 90));
        folder.Write("out.99999.tmp/cat/a.png", [1]);
        new ImageResizer(4, 4).Run(folder["in"], Output);
        Assert.Equal(["in", "out"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_middle_is_kept_and_averaged()
    {
        // A band of one-pixel checks between two black ones, four times as wide as high: the middle square is all checks.
        using var picture = new SKBitmap(new SKImageInfo(640, 160, SKColorType.Rgba8888, SKAlphaType.Opaque));
        picture.Erase(SKColors.Black);
        for (var y = 0; y < 160; y++)
        {
            for (var x = 240; x < 400; x++) picture.SetPixel(x, y, (x + y) % 2 == 0 ? SKColors.White : SKColors.Black);
        }
        using var resized = Resized(picture, 16, 16);
        // Of the outermost pixels a part may come from beyond; a mean of 0 and 255, rounded at each of a few halvings.
        for (var y = 0; y < 16; y++)
        {
            for (var x = 1; x < 15; x++) Assert.InRange(resized.GetPixel(x, y).Red, 125, 130);
        }
    }

    [Fact]
    public void What_is_transparent_keeps_its_colour()
    {
        using var picture = new SKBitmap(new SKImageInfo(20, 20, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        picture.Erase(new SKColor(200, 100, 50, 40));
        using var resized = Resized(picture, 5, 5);
        Assert.Equal(new SKColor(200, 100, 50), resized.GetPixel(2, 2));
    }

    /// <summary>What is drawn in transparency alone is gone without a background, which is told; with one it is there.</summary>
    [Fact]
    public void What_is_transparent_can_have_a_background()
    {
        folder.Write("in/a/1.png", MadeFolder.Drawn(alpha: (x, _) => x < 4 ? 255 : 0));
        folder.Write("in/a/2.heic", [1]);
        var told = new List<string>();
        new ImageResizer(8, 8) { OnWarning = told.Add }.Run(folder["in"], Output);
        Assert.Contains(told, line =>
            line.Contains("1 of 1 images", StringComparison.Ordinal) && line.Contains("Background = white", StringComparison.Ordinal));
        Assert.Contains(told, line => line.Contains(".heic 1", StringComparison.Ordinal));
        told.Clear();
        new ImageResizer(8, 8) { OnWarning = told.Add, Background = Background.Parse("#ff8000") }.Run(folder["in"], folder["on"]);
        Assert.DoesNotContain(told, line => line.Contains("transparency", StringComparison.Ordinal));
        using var lost = SKBitmap.Decode(Path.Combine(Output, "a", "1.png"));
        using var shown = SKBitmap.Decode(folder["on/a/1.png"]);
        Assert.Equal([SKColors.Black, SKColors.Black], new[] { lost.GetPixel(1, 1), lost.GetPixel(6, 6) });
        Assert.Equal([SKColors.Black, new SKColor(255, 128, 0)], new[] { shown.GetPixel(1, 1), shown.GetPixel(6, 6) });
    }

    [Fact]
    public void What_is_lost_on_the_way_is_told()
    {
        folder.Write("in/a/1.png", MadeFolder.WithChunk(MadeFolder.Painted(SKColors.Red), "acTL", [0, 0, 0, 3, 0, 0, 0, 0]));
        folder.Write("in/a/2.png", MadeFolder.Painted(SKColors.Red));
        Directory.CreateDirectory(folder["in/empty"]);
        File.CreateSymbolicLink(folder["in/gone"], folder["nowhere"]);
        var told = new List<string>();
        new ImageResizer(8, 8) { OnWarning = told.Add }.Run(folder["in"], Output);
        Assert.Contains($"1 of 2 images ({folder["in/a/1.png"]}) holds several pictures (an animation, or pages), of which only the first was used", told);
        Assert.Contains("no images in empty/: not created", told);
        Assert.Contains("a link is broken: gone", told);
        folder.Write("in/a/3.png", [.. "II"u8, 42, 0, 8, 0, 0, 0]);
        folder.Write("in/a/1.png", [1, 2]);
        Assert.Equal(
            $"{folder["in/a/1.png"]}: {PictureCodec.Unknown}; 1 more cannot be read: {folder["in/a/3.png"]}; nothing was written; SkipDamaged leaves out damaged images",
            Assert.Throws<InputException>(() => new ImageResizer(8, 8).Run(folder["in"], folder["new"])).Message);
    }

    [Theory]
    [InlineData("white", 255, 255, 255)]
    [InlineData("#0a141E", 10, 20, 30)]
    public void Colours_of_backgrounds_have_names_or_numbers(string text, byte red, byte green, byte blue)
    {
        Assert.Equal(new Background(red, green, blue), Background.Parse(text));
        Assert.Null(Background.Parse($"{text}!"));
    }

    /// <summary>Which corner of the file comes to be upper left, upper right, lower left and lower right, as EXIF's orientation says.</summary>
    [Theory]
    [InlineData(1, 0, 1, 2, 3)]
    [InlineData(2, 1, 0, 3, 2)]
    [InlineData(3, 3, 2, 1, 0)]
    [InlineData(4, 2, 3, 0, 1)]
    [InlineData(5, 0, 2, 1, 3)]
    [InlineData(6, 2, 0, 3, 1)]
    [InlineData(7, 3, 1, 2, 0)]
    [InlineData(8, 1, 3, 0, 2)]
    public void Photographs_are_turned_upright(byte orientation, params int[] corners)
    {
        using var picture = new SKBitmap(new SKImageInfo(60, 40, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < 40; y++)
        {
            for (var x = 0; x < 60; x++) picture.SetPixel(x, y, Corners[x / 30 + y / 20 * 2]);
        }
        using var jpeg = picture.Encode(SKEncodedImageFormat.Jpeg, 100);
        folder.Write("in/a/1.jpg", MadeFolder.Oriented(jpeg.ToArray(), orientation));
        var (width, height) = orientation >= 5 ? (20, 30) : (30, 20);
        new ImageResizer(width, height).Run(folder["in"], Output);
        using var upright = SKBitmap.Decode(Path.Combine(Output, "a", "1.png"));
        foreach (var (i, corner) in corners.Index())
        {
            var (seen, is_) = (upright.GetPixel(i % 2 == 0 ? 3 : width - 4, i < 2 ? 3 : height - 4), Corners[corner]);
            // JPEG is off by a little even at its best.
            Assert.True(Math.Abs(seen.Red - is_.Red) + Math.Abs(seen.Green - is_.Green) + Math.Abs(seen.Blue - is_.Blue) < 40,
                $"corner {i}: {seen} where {is_} belongs");
        }
    }

    [Fact]
    public void Damaged_images_are_named_and_nothing_is_written()
    {
        var whole = MadeFolder.Painted(SKColors.Red, 300, 300);
        folder.Write("in/a/1.png", whole);
        folder.Write("in/a/2.png", whole[..(whole.Length / 2)]);
        folder.Write("in/b/3.jpg", [1, 2, 3]);
        var fault = Assert.Throws<InputException>(() => new ImageResizer(8, 8).Run(folder["in"], Output)).Message;
        Assert.Equal($"{folder["in/a/2.png"]}: is damaged or truncated; 1 more cannot be read: {folder["in/b/3.jpg"]}; nothing was written; SkipDamaged leaves out damaged images", fault);
        Assert.Equal(["in"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void What_is_there_is_not_touched_and_a_stop_leaves_nothing()
    {
        folder.Write("in/a/1.png", MadeFolder.Painted(SKColors.Red));
        folder.Write("out/mine.txt", [1]);
        Assert.Contains("already exists", Assert.Throws<InputException>(() => new ImageResizer(8, 8).Run(folder["in"], Output)).Message);
        Assert.Contains("has no images", Assert.Throws<InputException>(() => new ImageResizer(8, 8).Run(Output, folder["new"])).Message);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new ImageResizer(8, 8).Run(folder["in"], folder["new"], new CancellationToken(canceled: true)));
        Assert.Equal(["in", "out"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private SKBitmap Resized(SKBitmap picture, int width, int height)
    {
        using var png = picture.Encode(SKEncodedImageFormat.Png, 100);
        folder.Write("in/a/1.png", png.ToArray());
        new ImageResizer(width, height).Run(folder["in"], Output);
        return SKBitmap.Decode(Path.Combine(Output, "a", "1.png"));
    }
}
