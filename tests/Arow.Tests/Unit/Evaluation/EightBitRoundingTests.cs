namespace Arow.Tests.Unit.Evaluation;

[Numeric]
public sealed class EightBitRoundingTests
{
    private const float Level = 1 / 255f;

    private static float[] Round(Norm norm, double epsilon, float[] from, float[] to)
    {
        using var scope = NewDisposeScope();
        return [.. EightBitRounding.Round(
            tensor(to).reshape(1, 1, 1, -1), tensor(from).reshape(1, 1, 1, -1) * Level, new ThreatModel(norm, epsilon)).data<float>()
                .Select(v => v * 255)];
    }

    [Fact]
    public void The_nearest_level_where_the_ball_has_it() =>
        Assert.Equal([102, 98, 100, 0, 255],
            Round(Norm.Linf, 4 * Level, [100, 100, 100, 0, 255], [101.6f * Level, 98.4f * Level, 100.2f * Level, 0.3f * Level, 254.7f * Level]),
            (a, b) => Math.Abs(a - b) < 1e-3);

    [Fact]
    public void Back_towards_the_original_where_the_nearest_is_outside() =>
        // ε of 2.6 levels: 102.6 would round to 103.
        Assert.Equal([102, 98, 101], Round(Norm.Linf, 2.6 * Level, [100, 100, 100], [102.6f * Level, 97.4f * Level, 101.4f * Level]), (a, b) =>
            Math.Abs(a - b) < 1e-3);

    [Theory]
    [InlineData(Norm.Linf, 0.013)]
    [InlineData(Norm.L2, 0.1)]
    [InlineData(Norm.L1, 0.9)]
    public void Never_leaves_the_ball_the_box_or_the_grid(Norm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var threat = new ThreatModel(norm, epsilon);
        var x = randint(0, 256, [200, 3, 4, 4], ScalarType.Float32, generator: generator) / 255;
        var xAdv = threat.Project(x + randn(x.shape, generator: generator) * 0.05, x);
        var rounded = EightBitRounding.Round(xAdv, x, threat);
        Assert.True((threat.Distance(rounded, x) <= epsilon + threat.Rounding(48)).all().item<bool>());
        Assert.True(((rounded >= 0) & (rounded <= 1)).all().item<bool>());
        Assert.InRange((rounded * 255 - (rounded * 255).round()).abs().max().item<float>(), 0, 1e-4);
        // No pixel is further than a level from where the attack had it.
        Assert.InRange((rounded - xAdv).abs().max().item<float>(), 0, Level + 1e-6);
        Assert.True((rounded != x).any().item<bool>());
    }
}
