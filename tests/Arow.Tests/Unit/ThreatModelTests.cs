namespace Arow.Tests.Unit;

public sealed class ThreatModelTests
{
    [Fact]
    public void A_size_stays_as_it_was_written()
    {
        Assert.Equal(("8/255", 8.0 / 255), (ThreatModel.Default.Size.Text, ThreatModel.Default.Epsilon));
        var half = ThreatModel.Default with { Epsilon = 0.5 };
        Assert.Equal(("0.5", "Linf 0.5"), (half.Size.Text, half.ToString()));
        Assert.Equal(new ThreatModel(Norm.Linf, Ratio.Parse("1/2")!.Value), half);
        Assert.NotEqual(new ThreatModel(Norm.L2, 0.5), half);
    }

    /// <summary>A size is never taken over for another norm, whichever is given first.</summary>
    [Fact]
    public void A_default_size_is_for_its_norm_alone()
    {
        Assert.Null(ThreatModel.Default.Validate());
        Assert.Equal("norm l2 requires an epsilon: 8/255 is for linf", ThreatModel.Default.With(Norm.L2, null).Validate());
        Assert.Null(ThreatModel.Default.With(Norm.L2, 0.5).Validate());
        Assert.Null((ThreatModel.Default with { Size = 0.5 } with { Norm = Norm.L2 }).Validate());
        Assert.Null((ThreatModel.Default with { Norm = Norm.L2 } with { Size = 0.5 }).Validate());
        var run = new ThreatModel(Norm.L2, 0.5);
        Assert.Null(run.With(null, null).Validate());
        Assert.Null(run.With(Norm.L2, null).Validate());
        Assert.Equal("norm linf requires an epsilon: 0.5 is for l2", run.With(Norm.Linf, null).Validate());
    }

    [Theory]
    [InlineData(Norm.Linf, "8", "--epsilon 8 exceeds 1: pixels are in [0, 1], was 8/255 meant?")]
    [InlineData(Norm.L2, "-1", "--epsilon -1 is negative")]
    [InlineData(Norm.L1, "1e300", "--epsilon 1e300 exceeds the distance of any two images")]
    [InlineData(Norm.L2, "8", null)]
    [InlineData(Norm.Linf, "0", null)]
    public void A_size_that_is_none_is_told_by_its_option(Norm norm, string size, string? fault) =>
        Assert.Equal(fault, new ThreatModel(norm, Ratio.Parse(size)!.Value).Validate("--epsilon"));
}
