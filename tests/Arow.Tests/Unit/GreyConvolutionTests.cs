using Arow.Models;

namespace Arow.Tests.Unit;

/// <summary>The gradient of grey images beside libtorch's own.</summary>
public sealed class GreyConvolutionTests
{
    [Theory]
    [InlineData(28, 28, 3, 3, 0, 0, 32)]
    [InlineData(9, 14, 3, 3, 1, 1, 16)]
    [InlineData(11, 8, 5, 3, 2, 0, 48)]
    [InlineData(6, 6, 1, 4, 0, 3, 16)]
    [InlineData(5, 5, 5, 5, 0, 0, 16)]
    [InlineData(4, 3, 3, 3, 1, 1, 16)]
    // What fills no vector is libtorch's.
    [InlineData(9, 9, 3, 3, 1, 1, 5)]
    public void Its_gradient_is_that_of_libtorch(int rows, int columns, int height, int width, int above, int beside, int kernels)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var (x, w) = (rand([3, 1, rows, columns], generator: generator), randn([kernels, 1, height, width], generator: generator));
        long[] padding = [above, beside];
        Tensor Plain(Tensor images) => F.conv2d(images, w, null, padding: padding);

        var (z, expected) = Pass(Plain, x);
        var (same, actual) = Pass(images => GreyConvolution.Of(images, w, padding, Plain), x);
        Assert.True((z == same).all().item<bool>());
        // Sums of at most 48 x 15 products in another order: some float32 roundings of numbers about ten.
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-4);
        Assert.InRange(expected.abs().max().item<float>(), 1, 1000);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void In_bfloat16_the_sum_is_in_float32(int kernels)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8);
        var (x, w) = (rand([2, 1, 12, 12], generator: generator), randn([kernels, 1, 3, 3], generator: generator).to(ScalarType.BFloat16));
        Tensor Half(Tensor images) => F.conv2d(images.to(ScalarType.BFloat16), w);
        // What the products are of is the same, as bfloat16 holds it exactly: only the order of the sum differs.
        var (_, expected) = Pass(images => F.conv2d(images, w.to(ScalarType.Float32)), x);
        var (_, actual) = Pass(images => GreyConvolution.Of(images, w, [0, 0], Half).to(ScalarType.Float32), x);
        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.InRange(((expected - actual).norm() / expected.norm()).item<float>(), 0, 1e-6);
    }

    [Fact]
    public void Without_a_gradient_it_is_the_convolution_itself()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (rand(1, 1, 5, 5), randn(16, 1, 3, 3));
        Assert.False(GreyConvolution.Of(x, w, [0, 0], images => F.conv2d(images, w)).requires_grad);
        using var constant = no_grad();
        Assert.False(GreyConvolution.Of(x.clone().requires_grad_(), w, [0, 0], images => F.conv2d(images, w)).requires_grad);
    }

    /// <summary>What f gives, and the gradient of its sum weighted by numbers that bfloat16 holds exactly.</summary>
    private static (Tensor Z, Tensor Gradient) Pass(Classifier f, Tensor x)
    {
        var leaf = x.clone().requires_grad_();
        var z = f(leaf);
        using var drawn = new Generator(9);
        z.backward([randint(-128, 129, [.. z.shape], dtype: ScalarType.Float32, generator: drawn) / 64]);
        return (z.detach(), leaf.grad!);
    }
}
