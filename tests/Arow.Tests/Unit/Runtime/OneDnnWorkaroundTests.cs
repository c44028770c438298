namespace Arow.Tests.Unit.Runtime;

public sealed class OneDnnWorkaroundTests
{
    /// <summary>Filters have to fill blocks of sixteen, and so have channels, unless they are fewer than a block.</summary>
    [Theory]
    [InlineData(3, 16, false)]
    [InlineData(15, 32, false)]
    [InlineData(16, 16, false)]
    [InlineData(48, 32, false)]
    [InlineData(16, 8, true)]
    [InlineData(16, 40, true)]
    [InlineData(17, 16, true)]
    [InlineData(24, 32, true)]
    [InlineData(3, 40, true)]
    public void They_are_used_where_channels_leave_a_block_unfilled(int channels, int filters, bool used)
    {
        using var kernel = zeros(filters, channels, 3, 3);
        using var bias = zeros(5);
        Assert.Equal(used, OneDnnWorkaround.IsAffected([bias, kernel]));
    }

    [Theory]
    [InlineData(1, 1024, 16, true)]
    [InlineData(1, 16, 1024, true)]
    [InlineData(1, 1008, 1008, false)]
    [InlineData(3, 1024, 16, false)]
    public void They_are_used_where_kernels_of_one_pixel_have_a_thousand_channels(int side, int channels, int filters, bool used)
    {
        using var kernel = zeros(filters, channels, side, side);
        Assert.Equal(used, OneDnnWorkaround.IsAffected([kernel]));
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(24, 40)]
    [InlineData(3, 16)]
    [InlineData(24, 32)]
    public void Input_gradients_are_right_for_any_number_of_channels(int channels, int filters)
    {
        using var network = new Network("one", new InputShape(channels, 9, 7), filters, Normalization.None, () =>
            nn.Sequential(("conv", nn.Conv2d(channels, filters, 3, padding: 1)), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())));
        using var scope = NewDisposeScope();
        var (w, b) = (network.State["conv.weight"].to(ScalarType.Float64), network.State["conv.bias"].to(ScalarType.Float64));
        var x = torch.rand([20, channels, 9, 7]);
        Criterion squares = z => z.square().sum(1);
        var exact = InputGradient.Compute(t => F.conv2d(t, w, b, padding: [1, 1]).mean([2, 3]), squares, x.to(ScalarType.Float64));

        // What lies beyond the blocks differs from call to call.
        for (var call = 0; call < 4; call++)
        {
            var gradient = InputGradient.Compute(network.ForEvaluation(), squares, x).to(ScalarType.Float64);
            // float32 sums of a few hundred products.
            Assert.True(((gradient - exact).abs().max() / exact.abs().max()).item<double>() < 1e-5);
        }
    }

    [Fact]
    public void They_are_used_until_the_last_network_that_needs_them_is_disposed_of()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("libtorch's switch is found on Linux only");
        using var one = Odd();
        Assert.False(OneDnn());
        using (Odd()) Assert.False(OneDnn());
        Assert.False(OneDnn());
        one.Dispose();
        one.Dispose();
        Assert.True(OneDnn());

        static unsafe bool OneDnn() =>
            ((delegate* unmanaged<nint, byte>)LibTorch.Export("_ZNK2at7Context17userEnabledMkldnnEv"))(
                ((delegate* unmanaged<nint>)LibTorch.Export("_ZN2at13globalContextEv"))()) != 0;

        static Network Odd() => new("one", new InputShape(3, 4, 4), 5, Normalization.None, () => nn.Sequential(("conv", nn.Conv2d(3, 5, 3))));
    }
}
