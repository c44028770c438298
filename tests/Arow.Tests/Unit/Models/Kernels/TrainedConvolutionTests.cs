using Arow.Models.Kernels;

namespace Arow.Tests.Unit.Models.Kernels;

/// <summary>Beside libtorch's own gradients in double precision.</summary>
[Numeric]
public sealed class TrainedConvolutionTests
{
    private sealed record Shape(int Images, int Channels, int Kernels, int Kernel, int Stride, int Padding, bool Biased, bool OfImages)
    {
        public int Columns { get; init; } = Side;

        public int Groups { get; init; } = 1;
    }

    private const int Side = 9;

    private static readonly Dictionary<string, Shape> Shapes = new()
    {
        ["plain"] = new(6, 16, 32, 3, 1, 1, Biased: true, OfImages: true),
        ["odd number of images, stride, no bias"] = new(5, 32, 16, 3, 2, 1, Biased: false, OfImages: true),
        ["first layer of colour images"] = new(7, 3, 16, 3, 1, 0, Biased: true, OfImages: false),
        ["first layer of grey images, in one part"] = new(3, 1, 32, 5, 1, 2, Biased: true, OfImages: false),
        ["fewer images than threads"] = new(1, 16, 16, 3, 1, 1, Biased: true, OfImages: true),
        ["one pixel with an edge"] = new(4, 16, 16, 1, 1, 1, Biased: true, OfImages: true),
        ["images of one column, stride"] = new(28, 16, 32, 3, 2, 1, Biased: false, OfImages: true) { Columns = 1 },
        ["each channel by itself"] = new(4, 32, 32, 3, 1, 1, Biased: true, OfImages: true) { Groups = 32 },
        ["each channel by itself, stride"] = new(5, 144, 144, 3, 2, 1, Biased: false, OfImages: true) { Groups = 144 },
        ["groups of sixteen, stride"] = new(4, 64, 64, 3, 2, 1, Biased: false, OfImages: true) { Groups = 4 },
        ["one pixel, a linear layer"] = new(4, 16, 32, 1, 2, 0, Biased: false, OfImages: true),
    };

    public static TheoryData<string> All => [.. Shapes.Keys];

    // Sums of some thousand products in another order than double's: roundings of 2^-24 each, added up; and of bfloat16 those of the
    // features, the weights, what comes back and the results, 2^-9 each of their own size.
    [Theory, MemberData(nameof(All))]
    public void In_float32_gradients_are_libtorchs(string shape) => TwoThreads.Run(() => Compare(Shapes[shape], ScalarType.Float32, 1e-5));

    [Theory, MemberData(nameof(All))]
    public void In_bfloat16_they_are_as_near_as_it_can_tell(string shape) => TwoThreads.Run(() => Compare(Shapes[shape], ScalarType.BFloat16, 1e-2));

    [Fact]
    public void On_one_thread_they_are_too() => Compare(Shapes["plain"], ScalarType.Float32, 1e-5);

    [Fact]
    public void They_are_the_same_to_the_bit_again_and_leave_nothing_behind() => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var tensors = Draw(Shapes["plain"]);
        var once = Gradients(tensors, Shapes["plain"], ScalarType.BFloat16);
        LiveTensors.AssertNoneLeft(() =>
        {
            using var again = NewDisposeScope();
            foreach (var (g, first) in Gradients(tensors, Shapes["plain"], ScalarType.BFloat16).Zip(once))
                Assert.True((g == first).all().item<bool>());
        });
    });

    [Fact]
    public void Gradients_add_up_over_two_passes() => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var shape = Shapes["plain"];
        var (x, w, b, g) = Draw(shape);
        var convolution = Convolution(shape, ScalarType.Float32);
        var once = OfWeights(w, (convolution.Apply(x, w, b) * g).sum());
        var twice = OfWeights(w, (convolution.Apply(x, w, b) * g).sum() + (convolution.Apply(x.detach(), w, b) * g).sum());
        Assert.InRange((twice - 2 * once).abs().max().item<float>(), 0, 1e-5 * once.abs().max().item<float>());
    });

    [Fact]
    public void What_comes_out_may_be_worked_on_in_place() => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var shape = Shapes["plain"];
        var (x, w, b, g) = Draw(shape);
        var convolution = Convolution(shape, ScalarType.Float32);
        var apart = OfWeights(w, (F.relu(convolution.Apply(x, w, b)) * g).sum());
        var inPlace = OfWeights(w, (convolution.Apply(x, w, b).relu_() * g).sum());
        Assert.True((inPlace == apart).all().item<bool>());
    });

    private static Tensor OfWeights(Tensor w, Tensor loss)
    {
        w.grad = null;
        loss.backward();
        return w.grad!.clone();
    }

    private static TrainedConvolution Convolution(Shape shape, ScalarType type) =>
        new(type, [shape.Stride, shape.Stride], [shape.Padding, shape.Padding], shape.Groups);

    private static void Compare(Shape shape, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (x, w, b, g) = Draw(shape);
        var exact = (X: Double(x), W: Double(w), B: Double(b));
        (F.conv2d(exact.X, exact.W, shape.Biased ? exact.B : null, [shape.Stride, shape.Stride],
            [shape.Padding, shape.Padding], groups: shape.Groups) * g.to(ScalarType.Float64)).sum().backward();
        Tensor?[] expected = [exact.W.grad, exact.B.grad, exact.X.grad];
        foreach (var (found, right) in Gradients((x, w, b, g), shape, type).Zip(expected.OfType<Tensor>()))
            Assert.InRange(((found.to(ScalarType.Float64) - right).norm() / right.norm()).item<double>(), 0, tolerance);
        Assert.Equal(1 + (shape.Biased ? 1 : 0) + (shape.OfImages ? 1 : 0), expected.Count(t => t is not null));

        Tensor Double(Tensor t) => t.detach().to(ScalarType.Float64).requires_grad_(t.requires_grad);
    }

    /// <summary>Of the weights, of the bias and of the images, as far as they are asked for.</summary>
    private static IReadOnlyList<Tensor> Gradients((Tensor X, Tensor W, Tensor B, Tensor G) tensors, Shape shape, ScalarType type)
    {
        var (x, w, b, g) = tensors;
        foreach (var t in (Tensor[])[x, w, b]) t.grad = null;
        var y = Convolution(shape, type).Apply(ChannelsLast.Convert(x.to(type)), w, shape.Biased ? b : null);
        Assert.Equal(type, y.dtype);
        (y * g.to(type)).sum().backward();
        Tensor?[] found = [w.grad, b.grad, x.grad];
        return [.. found.OfType<Tensor>()];
    }

    private static (Tensor X, Tensor W, Tensor B, Tensor G) Draw(Shape shape)
    {
        using var scope = NewDisposeScope();
        var noise = Noise.Keyed(1, arange(1, dtype: ScalarType.Int64));
        Tensor Normal(long step, params long[] size) => noise.Normal(zeros([1, .. size]), step).squeeze(0);
        long Left(long pixels) => (pixels + 2 * shape.Padding - shape.Kernel) / shape.Stride + 1;
        var x = Normal(0, shape.Images, shape.Channels, Side, shape.Columns);
        if (shape.OfImages) x.requires_grad_();
        return (
            x.MoveToOuterDisposeScope(),
            Normal(1, shape.Kernels, shape.Channels / shape.Groups, shape.Kernel, shape.Kernel).requires_grad_().MoveToOuterDisposeScope(),
            Normal(2, shape.Kernels).requires_grad_().MoveToOuterDisposeScope(),
            Normal(3, shape.Images, shape.Kernels, Left(Side), Left(shape.Columns)).MoveToOuterDisposeScope());
    }
}
