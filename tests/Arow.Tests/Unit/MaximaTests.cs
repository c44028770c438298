using Arow.Models;

namespace Arow.Tests.Unit;

/// <summary>Maxima of 2x2 pixels beside libtorch's pooling.</summary>
public sealed class MaximaTests
{
    [Theory]
    [InlineData(8, 8, ScalarType.Float32)]
    [InlineData(7, 10, ScalarType.Float32)]
    [InlineData(24, 9, ScalarType.BFloat16)]
    [InlineData(2, 3, ScalarType.BFloat16)]
    public void They_are_libtorchs_with_and_without_a_gradient(int rows, int columns, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var drawn = randn([2, 5, rows, columns], generator: generator).to(type);
        foreach (var x in (Tensor[])[drawn, ChannelsLast.Of(drawn)])
        {
            var expected = F.max_pool2d(x, 2, 2);
            Assert.True((Maxima.Of(x) == expected).all().item<bool>());

            var (one, other) = (x.clone().requires_grad_(), x.clone().requires_grad_());
            F.max_pool2d(one, 2, 2).sum().backward();
            Maxima.Of(other).sum().backward();
            Assert.True((other.grad! == one.grad!).all().item<bool>());
        }
    }

    [Fact]
    public void What_is_no_number_is_not_lost()
    {
        using var scope = NewDisposeScope();
        var x = zeros(1, 1, 2, 4);
        x[0, 0, 1, 2] = float.NaN;
        Assert.Equal([false, true], Maxima.Of(x).isnan().data<bool>().ToArray());
    }
}
