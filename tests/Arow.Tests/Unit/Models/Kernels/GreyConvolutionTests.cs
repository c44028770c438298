using Arow.Models.Kernels;

namespace Arow.Tests.Unit.Models.Kernels;

/// <summary>Convolutions of grey images beside libtorch's own.</summary>
[Numeric]
public sealed class GreyConvolutionTests
{
    /// <summary>Rows, columns, those of kernels, padding above and beside, kernels.</summary>
    public static TheoryData<int, int, int, int, int, int, int> Shapes => new()
    {
        { 28, 28, 3, 3, 0, 0, 32 },
        { 9, 14, 3, 3, 1, 1, 32 },
        { 11, 8, 5, 3, 2, 0, 64 },
        { 6, 6, 1, 4, 0, 3, 32 },
        { 5, 5, 5, 5, 0, 0, 32 },
        { 5, 9, 5, 6, 0, 0, 32 },
        { 4, 3, 3, 3, 1, 1, 96 },
        { 3, 5, 3, 3, 3, 4, 32 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Features_and_gradients_are_those_of_libtorch(int rows, int columns, int height, int width, int above, int beside, int kernels)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var (x, w, b) = (rand([3, 1, rows, columns], generator: generator), randn([kernels, 1, height, width], generator: generator),
            randn([kernels], generator: generator));
        foreach (var rectified in (bool[])[false, true])
        {
            Tensor Plain(Tensor images) => Libtorchs(images, w, b, above, beside, rectified);
            Tensor Loop(Tensor images) => Grey(images, w, b, above, beside, ScalarType.Float32, rectified);

            var (z, expected) = Pass(Plain, x);
            var (y, actual) = Pass(Loop, x);
            Assert.Equal(z.shape, y.shape);
            // Sums of at most 30 products, and of 96 x 15 behind them, in another order: some float32 roundings of numbers about one and ten.
            Assert.InRange((z - y).abs().max().item<float>(), 0, 1e-5);
            Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-4);
            Assert.InRange(expected.abs().max().item<float>(), 1, 1000);
            Assert.Equal(rectified, y.min().item<float>() == 0);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Gradients_of_weights_are_those_of_libtorch(int rows, int columns, int height, int width, int above, int beside, int kernels)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var (x, w, b) = (rand([3, 1, rows, columns], generator: generator), randn([kernels, 1, height, width], generator: generator),
            randn([kernels], generator: generator));
        foreach (var rectified in (bool[])[false, true])
        {
            var expected = PassToWeights((images, kernel, bias) =>
                Libtorchs(images, kernel, bias, above, beside, rectified), x.to(ScalarType.Float64), w, b);
            foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
            {
                Tensor Loop(Tensor images, Tensor kernel, Tensor bias) => Grey(images, kernel, bias, above, beside, type, rectified);
                IReadOnlyList<Tensor> alone = PassToWeights(Loop, x, w, b), shared = [],
                images = PassToWeights(Loop, x.clone().requires_grad_(), w, b);
                TwoThreads.Run(() => shared = PassToWeights(Loop, x, w, b));
                for (var of = 0; of < expected.Count; of++)
                {
                    // Of the weights and of the bias: up to two thousand products of numbers about one, of which float32 rounds each sum by up to
                    // 2^-24. What
                    // comes back is such that bfloat16 holds it too.
                    foreach (var found in (Tensor[])[alone[of], shared[of], images[of]])
                        Assert.InRange(((found - expected[of]).abs().max() / expected[of].abs().max()).item<double>(), 0, 1e-6);
                }
                Assert.Equal(2, alone.Count);
                Assert.Equal(3, images.Count);
            }
        }
    }

    [Fact]
    public void A_training_pass_can_be_repeated_to_the_bit_and_leaves_nothing_behind() => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var (x, w, b) = (rand(5, 1, 9, 9), randn(32, 1, 3, 3), randn(32));
        Tensor Loop(Tensor images, Tensor kernel, Tensor bias) => Grey(images, kernel, bias, 1, 1, ScalarType.BFloat16, rectified: true);
        var once = PassToWeights(Loop, x, w, b);
        LiveTensors.AssertNoneLeft(() =>
        {
            using var again = NewDisposeScope();
            foreach (var (g, first) in PassToWeights(Loop, x, w, b).Zip(once)) Assert.True((g == first).all().item<bool>());
        });
    });

    [Theory]
    [InlineData(32, false)]
    [InlineData(64, true)]
    public void In_bfloat16_only_the_features_are_rounded(int kernels, bool rectified)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8);
        var (x, w, b) = (rand([2, 1, 12, 12], generator: generator), randn([kernels, 1, 3, 3], generator: generator),
            randn([kernels], generator: generator));
        var (single, half) = (Pass(t => Grey(t, w, b, 1, 0, ScalarType.Float32, rectified), x),
            Pass(t => Grey(t, w, b, 1, 0, ScalarType.BFloat16, rectified), x));
        Assert.Equal(ScalarType.BFloat16, half.Y.dtype);
        Assert.True((single.Y.to(ScalarType.BFloat16) == half.Y).all().item<bool>());
        // The gradient that arrives is such that bfloat16 holds it; what ReLU lets through is the same.
        Assert.Equal(ScalarType.Float32, half.Gradient.dtype);
        Assert.True((single.Gradient - half.Gradient).abs().max().item<float>() < 1e-4);
    }

    [Fact]
    public void What_is_no_number_stays_none()
    {
        using var scope = NewDisposeScope();
        var x = zeros(1, 1, 6, 6);
        x[0, 0, 0, 0] = float.NaN;
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var y = Grey(x, ones(32, 1, 3, 3), zeros(32), 0, 0, type, rectified: true);
            Assert.Equal(32, y.isnan().sum().item<long>());
            Assert.True(y[0, 31, 0, 0].isnan().item<bool>());
        }
    }

    [Fact]
    public void What_follows_may_overwrite_features_without_ReLU()
    {
        using var scope = NewDisposeScope();
        var (x, w, b) = (rand(1, 1, 5, 5), randn(32, 1, 3, 3), randn(32));
        var (_, expected) = Pass(t => F.conv2d(t, w, b).relu(), x);
        var (_, actual) = Pass(t => Grey(t, w, b, 0, 0, ScalarType.Float32, rectified: false).relu_(), x);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-4);
    }

    [Fact]
    public void Without_a_gradient_it_has_no_graph()
    {
        using var scope = NewDisposeScope();
        var (w, b) = (randn(32, 1, 3, 3), randn(32));
        Assert.False(Grey(rand(1, 1, 5, 5), w, b, 0, 0, ScalarType.Float32, true).requires_grad);
        Assert.Equal(0, Grey(rand(0, 1, 5, 5), w, b, 0, 0, ScalarType.Float32, true).shape[0]);
        using var constant = no_grad();
        Assert.False(Grey(rand(1, 1, 5, 5).requires_grad_(), w, b, 0, 0, ScalarType.Float32, true).requires_grad);
    }

    [Fact]
    public void Other_images_and_numbers_of_kernels_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        Assert.True(Takes(zeros(1, 1, 4, 4), 64));
        Assert.False(Takes(zeros(1, 1, 4, 4), 48));
        Assert.False(Takes(zeros(1, 1, 4, 4), 64, stride: 2));
        Assert.False(Takes(zeros(1, 3, 4, 4), 64));
        Assert.False(Takes(zeros(1, 1, 4, 4, dtype: ScalarType.Float64), 64));

        static bool Takes(Tensor images, int kernels, int stride = 1)
        {
            using var layer = nn.Conv2d(images.shape[1], kernels, 3, stride: stride);
            return GreyConvolution.CanHandle(layer, images);
        }
    }

    private static Tensor Libtorchs(Tensor x, Tensor w, Tensor b, int above, int beside, bool rectified) =>
        F.conv2d(x, w, b, padding: [above, beside]) is var z && rectified ? z.relu() : z;

    private static Tensor Grey(Tensor x, Tensor w, Tensor b, int above, int beside, ScalarType type, bool rectified) =>
        new GreyConvolution(new GreyShape(x.shape[2], x.shape[3], w.shape[2], w.shape[3], above, beside, w.shape[0]), type, rectified)
            .Apply(x, GreyConvolution.ToLoopOrder(w, type), GreyConvolution.ToLoopOrder(b, type));

    /// <summary>The way back of y's sum weighted by numbers that bfloat16 holds exactly.</summary>
    private static void Back(Tensor y)
    {
        using var drawn = new Generator(9);
        y.backward([(randint(-128, 129, [.. y.shape], dtype: ScalarType.Float32, generator: drawn) / 64).to(y.dtype)]);
    }

    /// <summary>What f gives, and the gradient of its sum weighted so.</summary>
    private static (Tensor Y, Tensor Gradient) Pass(Classifier f, Tensor x)
    {
        var leaf = x.clone().requires_grad_();
        var y = f(leaf);
        Back(y);
        return (y.detach(), leaf.grad!);
    }

    /// <summary>The gradients of kernels, bias and, if they ask for one, images, in double precision, of its sum weighted so.</summary>
    private static IReadOnlyList<Tensor> PassToWeights(Func<Tensor, Tensor, Tensor, Tensor> f, Tensor x, Tensor w, Tensor b)
    {
        var (kernel, bias) = (w.to(x.dtype, copy: true).requires_grad_(), b.to(x.dtype, copy: true).requires_grad_());
        var y = f(x, kernel, bias);
        Back(y);
        Tensor?[] found = [kernel.grad, bias.grad, x.grad];
        return [.. found.OfType<Tensor>().Select(g => g.to(ScalarType.Float64))];
    }
}
