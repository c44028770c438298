using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class ImageSetTests
{
    /// <summary>Image i has all pixels i and label i modulo 3.</summary>
    internal static ImageSet Made(int n, int channels = 1, int side = 4)
    {
        using var scope = NewDisposeScope();
        var numbers = arange(n, dtype: ScalarType.Int64);
        var images = numbers.to(ScalarType.Byte).reshape(n, 1, 1, 1).expand(n, channels, side, side).contiguous();
        return new ImageSet("made", images, numbers.remainder(3), ["a", "b", "c"]);
    }

    private static long[] Numbers(ImageSet set)
    {
        var numbers = Bytes(set.Images[.., 0, 0, 0]).Select(b => (long)b).ToArray();
        Assert.Equal(numbers, Longs(set.Indices));
        Assert.Equal(numbers.Select(i => i % 3), Longs(set.Labels));
        return numbers;
    }

    [Fact]
    public void PixelsAreBytesOver255()
    {
        using var pixels = ImageSet.ToPixels(arange(256, dtype: ScalarType.Byte));
        Assert.Equal(Enumerable.Range(0, 256).Select(b => b / 255f), pixels.data<float>().ToArray());
    }

    [Fact]
    public void LimitDrawsBySeedInOrder()
    {
        using var set = Made(50);
        using var some = set.Limit(10, 7);
        using var again = set.Limit(10, 7);
        using var others = set.Limit(10, 8);
        using var all = set.Limit(null, 7);
        using var more = set.Limit(60, 7);
        Assert.Equal(10, some.Count);
        Assert.Equal(Numbers(some).Order(), Numbers(some));
        Assert.Equal(10, Numbers(some).Distinct().Count());
        Assert.Equal(Numbers(some), Numbers(again));
        Assert.NotEqual(Numbers(some), Numbers(others));
        Assert.Equal(Numbers(set), Numbers(all));
        Assert.Equal(Numbers(set), Numbers(more));
    }

    [Fact]
    public void DivideSharesNothingAndLosesNothing()
    {
        using var set = Made(50);
        var (rest, drawn) = set.RandomSplit(12, -3);
        using (rest)
        using (drawn)
        {
            Assert.Equal(12, drawn.Count);
            Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), Numbers(rest).Concat(Numbers(drawn)).Order());
            Assert.Equal(Numbers(drawn).Order(), Numbers(drawn));
        }
    }

    [Fact]
    public void IndicesArePlacesInTheWholeSet()
    {
        using var set = Made(50);
        var (rest, drawn) = set.RandomSplit(12, 1);
        using var few = rest.Limit(5, 2);
        Assert.Subset(Numbers(rest).ToHashSet(), Numbers(few).ToHashSet());
        rest.Dispose();
        drawn.Dispose();
    }

    [Fact]
    public void LivesOutsideOfScopesAndDiesWhole()
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        ImageSet set;
        using (NewDisposeScope()) set = Made(6).To(CPU);
        Assert.Equal(6, set.Images.shape[0]);
        using (var part = set.Limit(3, 0)) Assert.Equal(3, part.Count);
        set.Dispose();
        // Made's own set, which To has copied from, is what is left.
        Assert.InRange(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before, 0, 3);
    }
}
