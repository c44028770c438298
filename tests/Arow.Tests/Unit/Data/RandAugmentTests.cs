using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class RandAugmentTests
{
    private const int N = 600;

    private static Noise Keys(int n) => Noise.Keyed(3, arange(n, dtype: ScalarType.Int64));

    private static Tensor Images(int channels, int side = 9) =>
        randint(0, 256, [N, channels, side, side], ScalarType.Byte, generator: new Generator(4));

    /// <summary>Each image is what one of the operations makes of it, and all of them are drawn about as often.</summary>
    [Fact]
    public void One_operation_is_one_of_all()
    {
        using var scope = NewDisposeScope();
        var images = Images(3);
        var varied = new RandAugment(1, 30).Apply(images, Keys(N));
        var counts = new int[RandAugment.AllOperations.Count];
        var found = zeros(N, ScalarType.Bool);
        foreach (var (k, (_, operation)) in RandAugment.AllOperations.Index())
        {
            var hit = zeros(N, ScalarType.Bool);
            foreach (var sign in (double[])[1, -1])
                hit |= (operation(images, full([N], sign, ScalarType.Float64), 1) == varied).reshape(N, -1).all(1);
            counts[k] = (int)hit.sum().item<long>();
            found |= hit;
        }
        Assert.True(found.all().item<bool>());
        // A fourteenth each, 43 of 600, within five deviations; some operations do to some images what others do.
        Assert.All(counts, count => Assert.InRange(count, 43 - 32, 43 + 90));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void It_depends_on_the_sample_alone_and_leaves_no_tensor(int channels)
    {
        using var scope = NewDisposeScope();
        var (images, keys, augment) = (Images(channels), Keys(N), new RandAugment(3, 20));
        var varied = augment.Apply(images, keys);
        Assert.Equal((ScalarType.Byte, true), (varied.dtype, varied.shape.SequenceEqual(images.shape)));
        var rows = tensor(new long[] { 17, 3, 599, 40 });
        Assert.Equal(Bytes(varied.index_select(0, rows)), Bytes(augment.Apply(images.index_select(0, rows), keys.Rows(rows))));
        Assert.NotEqual(Bytes(varied), Bytes(augment.Apply(images, keys.Stream(1))));
        LiveTensors.AssertNoneLeft(() => augment.Apply(images, keys).Dispose());
        var (single, key) = (images[..1], keys.Rows(rows[..1]));
        LiveTensors.AssertNoneLeft(() => augment.Apply(single, key).Dispose());
    }

    public static TheoryData<string> Names => [.. RandAugment.AllOperations.Select(o => o.Name)];

    [Theory, MemberData(nameof(Names))]
    public void No_operation_leaves_a_tensor(string name)
    {
        using var scope = NewDisposeScope();
        var (images, sign) = (Images(3), ones(N, ScalarType.Float64));
        var operation = RandAugment.AllOperations.Single(o => o.Name == name).Do;
        LiveTensors.AssertNoneLeft(() =>
        {
            using var each = NewDisposeScope();
            operation(images, sign, 0.5);
        });
    }

    /// <summary>Images of any size, two of which have no inner pixels.</summary>
    [Theory, InlineData(1, 1), InlineData(2, 5), InlineData(3, 3)]
    public void Small_images_are_varied_too(int height, int width)
    {
        using var scope = NewDisposeScope();
        var images = randint(0, 256, [200, 3, height, width], ScalarType.Byte);
        Assert.Equal(images.shape, new RandAugment(2, 30).Apply(images, Keys(200)).shape);
    }
}
