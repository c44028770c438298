using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>Cutout and CutMix on batches: what is in an image is what its label says, and nothing depends on where an epoch begins.</summary>
[Numeric]
public sealed class MixedImagesTests
{
    private const int N = 400, H = 12, W = 10, K = 3;

    private static Noise Keys(int n, long seed = 3) => Noise.Keyed(seed, arange(n, dtype: ScalarType.Int64));

    /// <summary>Image i is of brightness i + 1 everywhere, so that each pixel says where it is from.</summary>
    [Theory, InlineData(1.0), InlineData(0.3)]
    public void A_label_is_shared_by_area(double share)
    {
        using var scope = NewDisposeScope();
        var x = arange(1, N + 1, dtype: ScalarType.Float32).reshape(N, 1, 1, 1).expand(N, 2, H, W);
        var y = arange(N, dtype: ScalarType.Int64).remainder(K);
        var (mixed, labels) = new CutMix(share).Apply(x, y, K, Keys(N));
        Assert.Equal((ScalarType.Float32, (long)K), (labels.dtype, labels.shape[1]));
        Assert.True((mixed[.., 0] == mixed[.., 1]).all().item<bool>());
        float[] pixels = mixed[.., 0].contiguous().data<float>().ToArray(), shares = labels.data<float>().ToArray();
        var (changed, others) = (0, new HashSet<float>());
        for (var i = 0; i < N; i++)
        {
            var image = pixels[(i * H * W)..((i + 1) * H * W)];
            var foreign = image.Where(v => v != i + 1).ToList();
            Assert.True(foreign.Distinct().Count() <= 1);
            var expected = new double[K];
            foreach (var v in image) expected[((int)v - 1) % K] += 1.0 / (H * W);
            for (var k = 0; k < K; k++) Assert.Equal(expected[k], shares[i * K + k], 1e-5);
            if (foreign.Count == 0) continue;
            changed++;
            others.Add(foreign[0]);
            // One rectangle.
            var places = Enumerable.Range(0, H * W).Where(p => image[p] != i + 1).ToList();
            Assert.Equal(places.Count, (places.Max(p => p / W) - places.Min(p => p / W) + 1) * (places.Max(p => p % W) - places.Min(p => p % W) + 1));
        }
        // Windows of no pixel, and images that are given themselves, are few: four deviations of the number that is drawn.
        Assert.InRange(changed, share * N * 0.9 - 4 * Math.Sqrt(N * share * (1 - share)), share * N + 4 * Math.Sqrt(N * share * (1 - share)));
        // Everybody gives to somebody else: a permutation.
        Assert.Equal(changed, others.Count);
    }

    [Fact]
    public void A_hole_is_black_and_no_larger_than_asked()
    {
        using var scope = NewDisposeScope();
        var x = new Cutout(6).Apply(ones(N, 3, H, W), Keys(N));
        Assert.True((x[.., 0] == x[.., 2]).all().item<bool>());
        var holes = (1 - x[.., 0]).sum([1, 2]).data<float>().ToArray();
        // In the midst 36 pixels; a quarter of it where a corner cuts it off.
        Assert.Equal((9, 36), (holes.Min(), holes.Max()));
        Assert.True(holes.Distinct().Count() > 5);
        // Each pixel is black about as often as its neighbours allow: none is spared.
        Assert.True((x[.., 0].mean([0]) < 0.99).all().item<bool>());
    }

    [Fact]
    public void Batches_are_varied_as_if_they_had_not_been_stopped_and_leave_no_tensor()
    {
        using var scope = NewDisposeScope();
        using var set = new ImageSet("made", randint(1, 256, [30, 3, H, W], ScalarType.Byte), arange(30, dtype: ScalarType.Int64).remainder(K),
            ["a", "b", "c"]);
        var augmentation = new Augmentation(2, Flip: true) { Cutout = new Cutout(4), CutMix = new CutMix(0.5) };
        var batches = new Batches(set, 8, 7, augmentation);
        List<string> Of(int epoch, int first = 0, Augmentation? other = null) =>
            [.. (other is null ? batches : new Batches(set, 8, 7, other)).Epoch(epoch, first)
                .Select(b => Convert.ToHexString(Bytes(b.Images)) + Convert.ToHexString(Bytes(b.Labels)))];
        var whole = Of(3);
        for (var first = 1; first < 4; first++) Assert.Equal(whole[first..], Of(3, first));
        Assert.NotEqual(whole, Of(4));
        Assert.Equal(4, whole.Except(Of(3, 0, augmentation with { Cutout = null })).Count());
        Assert.Equal(4, whole.Except(Of(3, 0, augmentation with { CutMix = null })).Count());
        LiveTensors.AssertNoneLeft(() =>
        {
            foreach (var batch in batches.Epoch(1)) Assert.Equal(K, batch.Labels.shape[1]);
        });

        using var extra = new ImageSet("more", randint(1, 256, [9, 3, H, W], ScalarType.Byte), zeros(9, ScalarType.Int64), ["a", "b", "c"]);
        var mixed = new MixedBatches(set, extra, 8, 0.5, 7, augmentation);
        Assert.All(mixed.Epoch(0), b => Assert.Equal(1, b.Labels.sum(1).min().item<float>(), 1e-5));
    }
}
