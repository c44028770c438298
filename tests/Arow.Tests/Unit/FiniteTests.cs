namespace Arow.Tests.Unit;

public sealed class FiniteTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void One_element_that_is_no_number_is_seen_wherever_it_stands(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Assert.True(Finite.All(empty([0, 3], type)).item<bool>());
        // Beyond what is summed at once by several threads, and its odd end.
        foreach (var size in (int[])[1, 7, 33, 100_003])
        {
            var numbers = linspace(-1000, 1000, size, type);
            Assert.True(Finite.All(numbers).item<bool>());
            foreach (var at in (int[])[0, size / 2, size - 1])
            {
                foreach (var wrong in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
                {
                    var broken = numbers.clone();
                    broken[at] = wrong;
                    Assert.False(Finite.All(broken).item<bool>(), $"{wrong} at {at} of {size}");
                }
            }
        }
    }

    [Fact]
    public void Other_orders_of_storage_are_all_the_same()
    {
        using var scope = NewDisposeScope();
        var turned = ones(40, 30).t();
        Assert.True(Finite.All(turned).item<bool>());
        turned[29, 39] = float.NaN;
        Assert.False(Finite.All(turned).item<bool>());
        Assert.True(Finite.All(turned[..29]).item<bool>());
    }
}
