using Arow.Models;

namespace Arow.Tests.Unit;

/// <summary>The gradient of grey images beside libtorch's own.</summary>
public sealed class GreyConvolutionTests
{
    [Theory]
    [InlineData(28, 28, 3, 3, 0, 0)]
    [InlineData(9, 14, 3, 3, 1, 1)]
    [InlineData(11, 8, 5, 3, 2, 0)]
    [InlineData(6, 6, 1, 4, 0, 3)]
    [InlineData(5, 5, 5, 5, 0, 0)]
    public void Its_gradient_is_that_of_libtorch(int rows, int columns, int height, int width, int above, int beside)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var (x, w) = (rand([3, 1, rows, columns], generator: generator), randn([16, 1, height, width], generator: generator));
        long[] padding = [above, beside];
        Tensor Plain(Tensor images) => F.conv2d(images, w, null, padding: padding);

        var (z, expected) = Pass(Plain, x);
        var (same, actual) = Pass(images => GreyConvolution.Of(images, w, padding, Plain), x);
        Assert.True((z == same).all().item<bool>());
        // Sums of at most 16 x 25 products in another order: some float32 roundings of numbers about ten.
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-4);
        Assert.InRange(expected.abs().max().item<float>(), 1, 1000);
    }

    [Fact]
    public void In_bfloat16_the_sum_over_weights_is_in_float32()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8);
        var (x, w) = (rand([2, 1, 12, 12], generator: generator), randn([32, 1, 3, 3], generator: generator).to(ScalarType.BFloat16));
        Tensor Half(Tensor images) => F.conv2d(images.to(ScalarType.BFloat16), w);
        // What the products are of is the same, as 2^-8 is exact: only the nine planes are rounded, to 2^-9 each.
        var (_, expected) = Pass(images => F.conv2d(images, w.to(ScalarType.Float32)), x);
        var (_, actual) = Pass(images => GreyConvolution.Of(images, w, [0, 0], Half).to(ScalarType.Float32), x);
        Assert.Equal(ScalarType.Float32, actual.dtype);
        Assert.InRange(((expected - actual).norm() / expected.norm()).item<float>(), 1e-6, 3e-3);
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
