namespace Arow.Tests.Unit;

[Numeric]
public sealed class NoiseTests
{
    [Fact]
    public void A_sample_has_its_own_numbers_in_any_company()
    {
        using var scope = NewDisposeScope();
        var together = Noise.Keyed(1, tensor(new long[] { 5, 9, 2 })).Stream("a").Uniform(zeros(3, 1, 4, 4), step: 3);
        var alone = Noise.Keyed(1, tensor(new long[] { 9 })).Stream("a").Uniform(zeros(1, 1, 4, 4), step: 3);
        Assert.True((together[1] == alone[0]).all().item<bool>());
        var rows = Noise.Keyed(1, tensor(new long[] { 5, 9, 2 })).Stream("a").Rows(tensor(new long[] { 1 })).Uniform(zeros(1, 1, 4, 4), step: 3);
        Assert.True((rows == alone).all().item<bool>());
    }

    [Fact]
    public void Seeds_samples_streams_and_steps_all_count()
    {
        using var scope = NewDisposeScope();
        static Noise Of(long seed, long sample) => Noise.Keyed(seed, tensor(new[] { sample }));
        var like = zeros(1, 100);
        Tensor[] draws =
        [
            Of(0, 0).Uniform(like), Of(1, 0).Uniform(like), Of(0, 1).Uniform(like), Of(0, 0).Uniform(like, 1),
            Of(0, 0).Stream("a").Uniform(like), Of(0, 0).Stream("b").Uniform(like), Of(0, 0).Stream(1).Uniform(like),
            Of(0, 0).Stream(1).Stream(2).Uniform(like), Of(0, 0).Stream(2).Stream(1).Uniform(like), Of(0, 0).Normal(like),
        ];
        for (var i = 0; i < draws.Length; i++)
        {
            for (var j = 0; j < i; j++) Assert.True((draws[i] == draws[j]).sum().item<long>() <= 1, $"draws {i} and {j} agree");
        }
    }

    [Fact]
    public void Uniform_is_uniform_and_normal_is_normal()
    {
        using var scope = NewDisposeScope();
        var noise = Noise.Keyed(4, arange(1000, dtype: ScalarType.Int64));
        var uniform = noise.Uniform(zeros(1000, 100, dtype: ScalarType.Float64));
        var normal = noise.Normal(zeros(1000, 100, dtype: ScalarType.Float64));
        // 100,000 draws: the mean is off by more than five deviations of it (0.0009, 0.0032) once in a million seeds.
        Assert.Equal(0.5, uniform.mean().item<double>(), 0.005);
        Assert.Equal(1.0 / 12, uniform.var().item<double>(), 0.005);
        Assert.InRange(uniform.min().item<double>(), 0, 0.001);
        Assert.InRange(uniform.max().item<double>(), 0.999, 1);
        Assert.Equal(0, normal.mean().item<double>(), 0.016);
        Assert.Equal(1, normal.var().item<double>(), 0.03);
        // Neighbouring samples and neighbouring pixels know nothing of each other.
        Assert.Equal(0, (normal[1..] * normal[..^1]).mean().item<double>(), 0.016);
        Assert.Equal(0, (normal[.., 1..] * normal[.., ..^1]).mean().item<double>(), 0.016);
    }

    [Fact]
    public void A_generator_gives_what_torch_would_draw()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var drawn = Noise.From(generator).Uniform(zeros(4, 2, dtype: ScalarType.Float64));
        using var again = new Generator(3);
        Assert.True((rand([4, 2], dtype: ScalarType.Float64, generator: again) == drawn).all().item<bool>());
    }

    [Fact]
    public void As_published_it_draws_on_and_begins_anew_with_every_attack()
    {
        using var scope = NewDisposeScope();
        var like = zeros(2, 3);
        manual_seed(11);
        var (first, second, third) = (rand(2, 3), randn(2, 3), rand(1, 3));

        var noise = Noise.Published(11);
        for (var attack = 0; attack < 2; attack++)
        {
            Assert.True((noise.Uniform(like) == first).all().item<bool>());
            Assert.True((noise.Stream(1).Normal(like, step: 7) == second).all().item<bool>());
            Assert.True((noise.Rows(tensor(new long[] { 1 })).Uniform(like[..1]) == third).all().item<bool>());
            noise = noise.Stream("another");
        }
    }
}
