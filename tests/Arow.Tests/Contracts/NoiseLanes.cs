namespace Arow.Tests.Contracts;

/// <summary>
/// The keys of keyed noise: a uniform draw of step s has key 2s + 1, a normal one 4s + 1 and 4s + 4 (<see cref="KeyedNoise"/>), so that some pairs of
/// the two are
/// made of the same bits. Results depend on these keys, so they stay; what is drawn from one stream must be no such pair.
/// </summary>
public sealed class NoiseLanes
{
    [Fact]
    public void The_keys_are_as_this_test_believes()
    {
        using var scope = NewDisposeScope();
        var (noise, like) = (Noise.Keyed(3, arange(4, dtype: ScalarType.Int64)), zeros([4, 50], ScalarType.Float64));
        for (var step = 0; step < 3; step++)
        {
            var radius = (-2 * (1 - noise.Uniform(like, 2 * step)).log()).sqrt();
            // |radius cos| is at most the radius, if that is the one that was drawn.
            Assert.True((noise.Normal(like, step).abs() <= radius).all().item<bool>());
            Assert.False((noise.Normal(like, step).abs() <= (-2 * (1 - noise.Uniform(like, 2 * step + 1)).log()).sqrt()).all().item<bool>());
        }
    }

    [Theory, MemberData(nameof(AttackContracts.All), MemberType = typeof(AttackContracts))]
    public void No_attack_draws_uniform_and_normal_numbers_with_one_key(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([3, 3, 8, 8], 0.83, 0.4).to(ScalarType.Float32);
        var attack = Catalog.Attacks[name].Create(new ThreatModel(norm, norm == Norm.Linf ? 0.03 : 0.4),
            new AttackBudget(Restarts: 2, Steps: 10, Queries: 200, Targets: 2));
        attack.Perturb(f, x, f(x).argmax(1), new Watched());
    }

    [Fact]
    public void Nor_does_training()
    {
        using var scope = NewDisposeScope();
        var noise = new Watched();
        foreach (var start in Enum.GetValues<Start>())
        {
            foreach (var norm in Enum.GetValues<Norm>())
                new ThreatModel(norm, 0.1).StartPoint(Reference.Image([3, 3, 8, 8], 0.83, 0.4), start, noise.Stream($"{start} {norm}"));
        }
        new Augmentation(4, Flip: true) { RandAugment = new RandAugment(2, 9), Cutout = new Cutout(4), CutMix = new CutMix(1) }
            .Augment(zeros([3, 3, 8, 8], ScalarType.Byte), zeros(3, ScalarType.Int64), 10, noise);
    }

    private sealed class Watched : Noise
    {
        private readonly Noise inner;
        private readonly string stream;
        private readonly Dictionary<(string Stream, long Key), string> drawn;

        public Watched() : this(Keyed(7, arange(3, dtype: ScalarType.Int64)), "", [])
        {
        }

        private Watched(Noise inner, string stream, Dictionary<(string, long), string> drawn) =>
            (this.inner, this.stream, this.drawn) = (inner, stream, drawn);

        public override Tensor Uniform(Tensor like, long step = 0)
        {
            Draw("uniform", 2 * step + 1);
            return inner.Uniform(like, step);
        }

        public override Tensor Normal(Tensor like, long step = 0)
        {
            Draw("normal", 4 * step + 1);
            Draw("normal", 4 * step + 4);
            return inner.Normal(like, step);
        }

        public override Noise Stream(long number) => new Watched(inner.Stream(number), $"{stream}/{number}", drawn);

        public override Noise Rows(Tensor rows) => new Watched(inner.Rows(rows), stream, drawn);

        private void Draw(string kind, long key)
        {
            if (drawn.TryGetValue((stream, key), out var before)) Assert.True(before == kind,
                $"a uniform and a normal draw of stream {stream} share key {key}");
            drawn[(stream, key)] = kind;
        }
    }
}
