using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class BatchesTests
{
    private static readonly Augmentation Crop = new(2, Flip: true);

    private static List<(long[] Samples, byte[] Images)> Epoch(
        ImageSet set, int size, long seed, int epoch, int first = 0, Augmentation? augmentation = null) =>
    [
        .. new Batches(set, size, seed, augmentation ?? Augmentation.None).Epoch(epoch, first)
            .Select(batch => (Longs(batch.Samples), Bytes(batch.Images))),
    ];

    [Fact]
    public void EveryImageOnceAndTheLastBatchIsSmall()
    {
        using var set = ImageSetTests.Made(23);
        var batches = Epoch(set, 5, seed: 1, epoch: 0);
        Assert.Equal([5, 5, 5, 5, 3], batches.Select(batch => batch.Samples.Length));
        Assert.Equal(5, new Batches(set, 5, 1, Augmentation.None).Count);
        Assert.Equal(Enumerable.Range(0, 23).Select(i => (long)i), batches.SelectMany(batch => batch.Samples).Order());
    }

    [Fact]
    public void ALastBatchOfTooFewIsJoinedToTheOneBeforeIt()
    {
        using var set = ImageSetTests.Made(21);
        int[] Sizes(int size, int least)
        {
            var batches = new Batches(set, size, 1, Augmentation.None, least);
            int[] sizes = [.. batches.Epoch(0).Select(batch => (int)batch.Samples.shape[0])];
            Assert.Equal(sizes, Enumerable.Range(0, batches.Count).Select(batches.GetBatchSize));
            Assert.Equal(21, batches.Epoch(0).SelectMany(batch => Longs(batch.Samples)).Distinct().Count());
            return sizes;
        }
        Assert.Equal([5, 5, 5, 6], Sizes(5, least: 2));
        Assert.Equal([5, 5, 5, 5, 1], Sizes(5, least: 1));
        Assert.Equal([21], Sizes(20, least: 2));
        Assert.Equal([7, 7, 7], Sizes(7, least: 2));
        Assert.Equal([19, 2], Sizes(19, least: 2));
        Assert.Equal([21], Sizes(50, least: 2));
    }

    [Fact]
    public void ABatchIsWhatItSays()
    {
        using var set = ImageSetTests.Made(23);
        foreach (var batch in new Batches(set, 5, 1, Augmentation.None).Epoch(0))
        {
            Assert.Equal((ScalarType.Float32, ScalarType.Int64), (batch.Images.dtype, batch.Labels.dtype));
            Assert.Equal(Longs(batch.Samples).Select(i => i % 3), Longs(batch.Labels));
            Assert.Equal(Longs(batch.Samples).Select(i => i / 255f), batch.Images[.., 0, 0, 0].data<float>().ToArray());
        }
    }

    [Fact]
    public void OrderDependsOnSeedAndEpoch()
    {
        using var set = ImageSetTests.Made(40);
        long[] Order(long seed, int epoch) => [.. Epoch(set, 8, seed, epoch).SelectMany(batch => batch.Samples)];
        Assert.Equal(Order(1, 0), Order(1, 0));
        Assert.NotEqual(Order(1, 0), Order(1, 1));
        Assert.NotEqual(Order(1, 0), Order(2, 0));
        Assert.NotEqual(Order(1, 1), Order(2, 0));
    }

    [Fact]
    public void BeginsAnywhereAsIfNotStopped()
    {
        using var set = ImageSetTests.Made(23, channels: 3);
        var whole = Epoch(set, 5, 9, 3, augmentation: Crop);
        for (var first = 0; first <= 5; first++)
        {
            var rest = Epoch(set, 5, 9, 3, first, Crop);
            Assert.Equal(whole[first..].SelectMany(batch => batch.Images), rest.SelectMany(batch => batch.Images));
        }
    }

    [Fact]
    public void AugmentationDependsOnSampleNotOnBatchOrSubset()
    {
        using var scope = NewDisposeScope();
        using var set = new ImageSet("made", randint(0, 256, [30, 3, 6, 6], ScalarType.Byte), zeros(30, ScalarType.Int64), ["a"]);
        using var part = set.Limit(11, 5);
        Dictionary<long, string> Images(ImageSet images, int size, int epoch = 2) => Epoch(images, size, 4, epoch, augmentation: Crop)
            .SelectMany(batch => batch.Samples.Zip(batch.Images.Chunk(3 * 36 * 4)))
            .ToDictionary(pair => pair.First, pair => Convert.ToHexString(pair.Second));

        var whole = Images(set, 30);
        Assert.Equal(whole.OrderBy(p => p.Key), Images(set, 7).OrderBy(p => p.Key));
        Assert.All(Images(part, 4), image => Assert.Equal(whole[image.Key], image.Value));
        Assert.NotEqual(whole.OrderBy(p => p.Key), Images(set, 30, epoch: 3).OrderBy(p => p.Key));
    }

    [Fact]
    public void LeavesNoTensors()
    {
        using var set = ImageSetTests.Made(64, channels: 3);
        var batches = new Batches(set, 8, 0, Crop);
        void Run(int epoch)
        {
            foreach (var batch in batches.Epoch(epoch)) Assert.Equal(8, batch.Labels.shape[0]);
        }
        Run(0);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var epoch = 1; epoch < 6; epoch++) Run(epoch);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
