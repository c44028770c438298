using Arow.Options;

namespace Arow.Tests.Unit.Options;

public sealed class EnumNameTests
{
    [Theory]
    [InlineData("fast", Precision.Fast)]
    [InlineData("EXACT", Precision.Exact)]
    [InlineData("auto,exact", null)]
    [InlineData("1", null)]
    [InlineData("-0", null)]
    [InlineData(" fast", null)]
    [InlineData("", null)]
    public void A_value_is_one_name(string text, Precision? expected)
    {
        Assert.Equal(expected, EnumName.Parse<Precision>(text));
        Assert.Equal(expected, Settings.All.First(s => s.Name == "precision")
            .Set(new TrainingOptions { Precision = expected ?? Precision.Auto }, text)?.Precision);
    }

    [Fact]
    public void Names_are_those_of_run_files() => Assert.Equal(["linf", "l2", "l1"], EnumName.Names<Norm>());
}
