using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class AugmentationTests
{
    private static Noise Keys(int n, long seed = 3) => Noise.Keyed(seed, arange(n, dtype: ScalarType.Int64));

    /// <summary>Every image must be one of the crops and flips that there are, by a plain loop.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    public void IsOneOfTheCropsAndFlips(int padding, bool flip)
    {
        using var scope = NewDisposeScope();
        var images = randint(1, 256, [40, 3, 5, 4], ScalarType.Byte);
        var varied = new Augmentation(padding, flip).ShiftAndFlip(images, Keys(40));
        Assert.Equal(images.shape, varied.shape);
        Assert.Equal(ScalarType.Byte, varied.dtype);
        var (kinds, flips) = (new HashSet<(int, int, bool)>(), 0);
        for (var i = 0; i < 40; i++)
        {
            var (from, to) = (Bytes(images[i]), Bytes(varied[i]));
            var shifts = Enumerable.Range(-padding, 2 * padding + 1).ToArray();
            bool[] mirrors = flip ? [false, true] : [false];
            var all = shifts
                .SelectMany(dy => shifts.SelectMany(dx => mirrors.Select(mirrored => (dy, dx, mirrored))))
                .Where(k => Crop(from, 3, 5, 4, k.dy, k.dx, k.mirrored).SequenceEqual(to));
            var kind = Assert.Single(all);
            kinds.Add(kind);
            if (kind.mirrored) flips++;
        }
        Assert.InRange(kinds.Count, padding == 0 ? 2 : (2 * padding + 1) * (2 * padding + 1) / 2, 50);
        Assert.InRange(flips, flip ? 8 : 0, flip ? 32 : 0);
    }

    [Fact]
    public void EveryShiftIsAboutAsLikely()
    {
        using var scope = NewDisposeScope();
        // The brightness of the first pixel tells the row and column that it came from.
        var image = arange(1, 82, dtype: ScalarType.Byte).reshape(1, 1, 9, 9);
        var varied = new Augmentation(4, Flip: false).ShiftAndFlip(image.expand(8100, 1, 9, 9), Keys(8100));
        var counts = Bytes(varied[.., 0, 4, 4]).GroupBy(b => b).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(81, counts.Count);
        Assert.All(counts.Values, n => Assert.InRange(n, 50, 160));
    }

    [Fact]
    public void FloatsAreVariedAsBytesAre()
    {
        using var scope = NewDisposeScope();
        var images = randint(0, 256, [9, 1, 6, 6], ScalarType.Byte);
        var crop = new Augmentation(2, Flip: true);
        Assert.Equal(Bytes(ImageSet.ToPixels(crop.ShiftAndFlip(images, Keys(9)))), Bytes(crop.ShiftAndFlip(ImageSet.ToPixels(images), Keys(9))));
    }

    [Fact]
    public void NoneIsTheImagesThemselvesButNotTheirTensor()
    {
        using var images = rand(2, 1, 4, 4);
        using (var same = Augmentation.None.ShiftAndFlip(images, Keys(2))) Assert.Equal(Bytes(images), Bytes(same));
        Assert.Equal(4, images.shape[2]);
    }

    [Fact]
    public void EachSetHasTheHabitOfTheField()
    {
        Assert.Equal(new Augmentation(4, true), Catalog.DataSets["cifar10"].Augmentation);
        Assert.Equal(new Augmentation(4, true), Catalog.DataSets["cifar100"].Augmentation);
        Assert.Equal(new Augmentation(0, true), Catalog.DataSets["fashion-mnist"].Augmentation);
        Assert.Equal(new Augmentation(4, true, ColourOnly: true), Catalog.DataSets["folder"].Augmentation);
        Assert.All(["mnist", "kmnist", "svhn", "glyphs"], name => Assert.Equal(Augmentation.None, Catalog.DataSets[name].Augmentation));
    }

    private static byte[] Crop(byte[] image, int channels, int height, int width, int dy, int dx, bool mirrored)
    {
        var crop = new byte[image.Length];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var (row, column) = (y + dy, (mirrored ? width - 1 - x : x) + dx);
                    if (row >= 0 && row < height && column >= 0 && column < width)
                        crop[(c * height + y) * width + x] = image[(c * height + row) * width + column];
                }
            }
        }
        return crop;
    }
}
