using System.Text;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class ImageFolderTests : IDisposable
{
    private static readonly SKColor Red = new(255, 0, 0);
    private static readonly SKColor Dim = new(90, 90, 90);

    private readonly MadeFolder folder = new();

    private static IDataSet Set => Catalog.DataSets["folder"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("above/")]
    [InlineData("far/above/")]
    public void TrainAndTestInOrdinalOrder(string above)
    {
        foreach (var (name, grey) in new[] { ("b/2.png", 20), ("b/10.png", 10), ("Z/1.png", 1), ("b/x/3.PNG", 30), ("a/1.png", 5) })
            folder.Write($"{above}train/{name}", Painted(new SKColor((byte)grey, 0, 0)));
        folder.Write($"{above}test/b/1.png", Painted(Red));
        folder.Write($"{above}readme.txt", [1]);
        folder.Write($"{above}train/b/._2.png", [1]);

        using var train = Set.Load(Split.Train, folder.Root);
        Assert.Equal(["Z", "a", "b"], train.Classes);
        Assert.Equal([0, 1, 2, 2, 2], Longs(train.Labels));
        Assert.Equal([5, 3, 8, 8], train.Images.shape);
        Assert.Equal([1, 5, 10, 20, 30], Bytes(train.Images[.., 0, 0, 0]));
        using var test = Set.Load(Split.Test, folder.Root);
        Assert.Equal(["Z", "a", "b"], test.Classes);
        Assert.Equal([2], Longs(test.Labels));
        Assert.Equal([255, 0, 0], Bytes(test.Images[0, .., 0, 0]));
    }

    [Fact]
    public void AnArchiveIsTheSameAsItsFolder()
    {
        var files = Enumerable.Range(0, 6)
            .Select(i => (
                $"set/{(i % 2 == 0 ? "train" : "test")}/c{i / 4}/{i}.jpg",
                Painted(new SKColor((byte)(40 * i), 9, 99), format: SKEncodedImageFormat.Jpeg)))
            .ToArray();
        foreach (var (name, bytes) in files) folder.Write($"plain/{name}", bytes);
        folder.Write("packed/images.tar.gz", TarGz(files.Reverse().ToArray()));
        foreach (var split in Enum.GetValues<Split>())
        {
            using var plain = Set.Load(split, folder["plain"]);
            using var packed = Set.Load(split, folder["packed"]);
            using var itself = Set.Load(split, folder["packed/images.tar.gz"]);
            Assert.Equal(Bytes(plain.Images), Bytes(packed.Images));
            Assert.Equal(Bytes(plain.Images), Bytes(itself.Images));
            Assert.Equal(Longs(plain.Labels), Longs(packed.Labels));
        }
    }

    [Fact]
    public void WithoutTestTheSeedDividesEveryClass()
    {
        for (var i = 0; i < 20; i++)
        {
            folder.Write($"cat/{i}.png", Painted(new SKColor((byte)i, 0, 1)));
            folder.Write($"dog/{i}.png", Painted(new SKColor((byte)(100 + i), 0, 1)));
        }
        byte[] Reds(ImageFolder set, Split split)
        {
            using var images = set.Load(split, folder.Root);
            Assert.Equal(split == Split.Train ? 16 : 4, Longs(images.Labels).Count(label => label == 1));
            return Bytes(images.Images[.., 0, 0, 0]);
        }
        var (train, test) = (Reds(new(), Split.Train), Reds(new(), Split.Test));
        Assert.Equal(Enumerable.Range(0, 20).Concat(Enumerable.Range(100, 20)), train.Concat(test).Order().Select(b => (int)b));
        Assert.Equal(test, Reds(new(), Split.Test));
        Assert.NotEqual(test, Reds(new(SplitSeed: 1), Split.Test));
    }

    [Fact]
    public void GreyIfNoImageOfEitherHalfShowsColour()
    {
        folder.Write("train/a/1.png", Painted(Dim));
        folder.Write("train/a/2.png", Painted(Dim, grey: true));
        folder.Write("test/a/1.png", Painted(Dim));
        int Channels(Split split)
        {
            using var images = Set.Load(split, folder.Root);
            Assert.Equal(90, images.Images[0, 0, 3, 3].item<byte>());
            return images.Channels;
        }
        Assert.Equal((1, 1), (Channels(Split.Train), Channels(Split.Test)));
        folder.Write("test/a/2.png", Painted(Red));
        Assert.Equal((3, 3), (Channels(Split.Train), Channels(Split.Test)));
        foreach (var half in new[] { "train", "test" })
        {
            Directory.Delete(folder[half], recursive: true);
            folder.Write($"{half}/a/1.png", Painted(Dim, grey: true));
        }
        Assert.Equal((1, 1), (Channels(Split.Train), Channels(Split.Test)));
    }

    /// <summary>Written by Pillow 9.4: 2x2, and what is to come out: red, green, blue, (10, 20, 30); transparency is left out.</summary>
    [Theory]
    [InlineData("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DA8J+BgYHhP5eIHAAaWAM6guCrUwAAAABJRU5ErkJggg==")]
    [InlineData("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAGklEQVR4nGP4z8DAwPCfoYGBgeH/fy4ROXYALZEEwDnQ7MQAAAAASUVORK5CYII=")]
    public void PixelsAreThoseOfTheFile(string png)
    {
        var planes = new byte[12];
        var content = PictureCodec.Decode(Convert.FromBase64String(png), planes);
        Assert.True(content.Succeeded && content.Coloured);
        // A transparent red keeps nothing where alpha is 0: PNG decoders may clear it.
        Assert.Equal([0, 0, 10], planes[1..4]);
        Assert.Equal([255, 0, 20], planes[5..8]);
        Assert.Equal([0, 255, 30], planes[9..12]);
    }

    [Fact]
    public void NamesWhatIsWrong()
    {
        Assert.Equal($"{folder.Root}: has no images (PNG, JPEG, WebP, BMP, GIF and TIFF are read)", Fault(Set, folder.Root));
        Assert.Contains("is neither a folder nor an archive of one", Fault(Set, folder.Write("x.bin", [1])));
        folder.Write("a/1.png", Painted(Red));
        folder.Write("b/1.png", Painted(Red, width: 9));
        Assert.Equal($"{folder["b/1.png"]}: is 9x8 but a/1.png is 8x8; all images must have the same size; ImageSize resizes them while they are read",
            Fault(Set, folder.Root));
        folder.Write("b/1.png", []);
        Assert.Equal($"{folder["b/1.png"]}: is empty; SkipDamaged leaves out damaged images", Fault(Set, folder.Root));
        folder.Write("b/1.png", [1, 2, 3]);
        Assert.Equal($"{folder["b/1.png"]}: is damaged or no picture (PNG, JPEG, WebP, BMP, GIF and TIFF are read); SkipDamaged leaves out damaged images", Fault(Set, folder.Root));
        folder.Write("b/1.png", [0, 0, 0, 24, .. "ftypheic"u8]);
        Assert.Equal($"{folder["b/1.png"]}: contains HEIF or AVIF; only PNG, JPEG, WebP, BMP, GIF and TIFF are read: convert it, {PictureCodec.Conversion}; SkipDamaged leaves out damaged images", Fault(Set, folder.Root));
        foreach (var name in "2345678") folder.Write($"b/{name}.png", Encoding.ASCII.GetBytes("<html>404</html>"));
        Assert.Equal(
            $"{folder["b/1.png"]}: contains HEIF or AVIF; only PNG, JPEG, WebP, BMP, GIF and TIFF are read: convert it, {PictureCodec.Conversion}; 7 more cannot be read: b/2.png, b/3.png, b/4.png, b/5.png and 3 more; SkipDamaged leaves out damaged images",
            Fault(Set, folder.Root));
        foreach (var name in "345678") File.Delete(folder[$"b/{name}.png"]);
        folder.Write("b/1.png", Painted(Red));
        Assert.Equal($"{folder["b/2.png"]}: contains text (HTML or SVG); only PNG, JPEG, WebP, BMP, GIF and TIFF are read; SkipDamaged leaves out damaged images", Fault(Set, folder.Root));
        foreach (var name in "ab") folder.Write($"{name}/2.png", Painted(Red)[..60]);
        Assert.Matches("a/2.png: is damaged [^;]*; 1 more cannot be read: b/2.png; SkipDamaged leaves out damaged images$", Fault(Set, folder.Root));
        foreach (var name in "ab") File.Delete(folder[$"{name}/2.png"]);
        folder.Write("b/1.png", Painted(Red)[..60]);
        Assert.StartsWith($"{folder["b/1.png"]}: is damaged", Fault(Set, folder.Root));
        folder.Write("b/1.png", Painted(Red));
        folder.Write("2.png", Painted(Red));
        Assert.Equal($"{folder.Root}: 2.png is not in a class folder; put images into one folder for each class", Fault(Set, folder.Root));
        File.Delete(folder["2.png"]);
        Assert.Contains("too few images", Fault(Set, folder.Root, Split.Test));
    }

    [Fact]
    public void NamesWhatIsWrongBesideTrainAndTest()
    {
        folder.Write("train/a/1.png", Painted(Red));
        folder.Write("test/b/1.png", Painted(Red));
        Assert.Equal($"{folder.Root}: test/b/1.png belongs to a class without a folder in train/", Fault(Set, folder.Root));
        folder.Write("train/b/1.png", Painted(Red));
        folder.Write("more/b/1.png", Painted(Red));
        Assert.Equal($"{folder.Root}: more/b/1.png lies beside train/ and test/, in neither", Fault(Set, folder.Root));
    }

    [Fact]
    public void AClassMayBeCalledTrain()
    {
        for (var i = 0; i < 5; i++)
        {
            folder.Write($"bus/{i}.png", Painted(Red));
            folder.Write($"train/{i}.png", Painted(Red));
        }
        using var train = Set.Load(Split.Train, folder.Root);
        Assert.Equal(["bus", "train"], train.Classes);
        Assert.Equal(8, train.Count);
    }

    [Fact]
    public void OnlyColourImagesAreVaried()
    {
        using var grey = rand(2, 1, 8, 8);
        using var same = Set.Augmentation.ShiftAndFlip(grey, Noise.Keyed(0, tensor(new[] { 0L, 1L })));
        Assert.True((same == grey).all().item<bool>());
        using var colour = rand(2, 3, 8, 8);
        using var varied = Set.Augmentation.ShiftAndFlip(colour, Noise.Keyed(0, tensor(new[] { 0L, 1L })));
        Assert.False((varied == colour).all().item<bool>());
    }

    [Fact]
    public void LoadsSixtyThousandJpegs()
    {
        var archive = SharedData.Find("cifar10-jpeg.tar.gz");
        using var test = Set.Load(Split.Test, archive);
        Assert.Equal([10_000, 3, 32, 32], test.Images.shape);
        Assert.Equal(Enumerable.Repeat(1000L, 10), Longs(test.Labels.bincount(null)));
        // Pillow 9.4 decodes the same files to pixels of this sum; decoders may differ in the last bit of a few.
        Assert.Equal(3732740007.0, test.Images.sum(ScalarType.Int64).item<long>(), 3732740007.0 * 1e-4);
    }
}
