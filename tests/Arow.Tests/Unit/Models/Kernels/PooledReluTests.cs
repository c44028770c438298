using Arow.Models.Kernels;

namespace Arow.Tests.Unit.Models.Kernels;

/// <summary>ReLU and maxima of 2x2 pixels beside libtorch's own, whose numbers they are to give to the bit.</summary>
[Numeric]
public sealed class PooledReluTests
{
    [Theory]
    [InlineData(ScalarType.BFloat16, 5, 32, 8, 8)]
    [InlineData(ScalarType.BFloat16, 1, 64, 7, 10)]
    [InlineData(ScalarType.BFloat16, 3, 96, 24, 9)]
    [InlineData(ScalarType.BFloat16, 0, 32, 8, 8)]
    [InlineData(ScalarType.Float32, 5, 16, 8, 8)]
    [InlineData(ScalarType.Float32, 2, 48, 5, 3)]
    // What libtorch has to do itself: channels that fill no vector.
    [InlineData(ScalarType.BFloat16, 2, 16, 6, 6)]
    [InlineData(ScalarType.Float32, 2, 5, 6, 7)]
    [InlineData(ScalarType.Float64, 2, 32, 6, 6)]
    public void Results_and_gradients_are_libtorchs(ScalarType type, int n, int channels, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        // Whole numbers: windows that are all negative, and others with more than one largest, are many.
        var drawn = randint(-3, 4, [n, channels, rows, columns], dtype: type, generator: generator);
        foreach (var x in (Tensor[])[drawn, ChannelsLast.Convert(drawn),
            ChannelsLast.Convert(drawn + randn([.. drawn.shape], generator: generator).to(type))])
        {
            var (expected, expectedGradient) = Pass(t => F.max_pool2d(t.relu(), 2, 2), x);
            var (actual, gradient) = Pass(PooledRelu.Apply, x);
            Assert.Equal(expected.shape, actual.shape);
            Assert.Equal(type, actual.dtype);
            Assert.True((actual == expected).all().item<bool>());
            Assert.True((gradient == expectedGradient).all().item<bool>());

            using var constant = no_grad();
            Assert.True((PooledRelu.Apply(x.clone().requires_grad_()) == expected).all().item<bool>());
        }
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void Infinities_are_numbers_and_what_is_no_number_is_not_lost(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Convert(zeros(1, 32, 2, 8, dtype: type) - 1);
        float[] odd = [float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        foreach (var (i, number) in odd.Index()) x[0, 7, i % 2, 2 * i] = tensor(number).to(type);

        var (y, gradient) = Pass(PooledRelu.Apply, x);
        Assert.Equal([true, true, false, false], y[0, 7, 0].isnan().data<bool>().ToArray());
        Assert.Equal([float.PositiveInfinity, 0], y[0, 7, 0, 2..].to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal(3, gradient.count_nonzero().item<long>());
        Assert.Equal(0, y[0, 8].count_nonzero().item<long>());
    }

    [Fact]
    public void Without_a_gradient_it_has_no_graph()
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Convert(rand(1, 32, 4, 4, dtype: ScalarType.BFloat16));
        Assert.False(PooledRelu.Apply(x).requires_grad);
        using var constant = no_grad();
        Assert.False(PooledRelu.Apply(x.clone().requires_grad_()).requires_grad);
    }

    [Fact]
    public void Nothing_stays_behind()
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Convert(rand(2, 32, 4, 4)).requires_grad_();
        using (NewDisposeScope()) Pass(PooledRelu.Apply, x);
        var before = Tensor.TotalCount;
        for (var i = 0; i < 5; i++)
        {
            using var step = NewDisposeScope();
            Pass(PooledRelu.Apply, x);
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>What f gives, and the gradient of its sum weighted by numbers that are never zero.</summary>
    private static (Tensor Y, Tensor Gradient) Pass(Func<Tensor, Tensor> f, Tensor x)
    {
        var leaf = x.detach().clone().requires_grad_();
        var y = f(leaf);
        using var generator = new Generator(9);
        y.backward([randint(1, 100, [.. y.shape], dtype: y.dtype, generator: generator)]);
        return (y.detach(), leaf.grad!);
    }
}
