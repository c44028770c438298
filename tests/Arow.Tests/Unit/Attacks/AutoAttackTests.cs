namespace Arow.Tests.Unit.Attacks;

public sealed class AutoAttackTests
{
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.01);

    [Fact]
    public void Each_part_tries_what_still_stands_from_the_original()
    {
        using var scope = NewDisposeScope();
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([24, 3, 8, 8], 0.96, 0.4);
        var y = f(x).argmax(1);
        var noise = Noise.Keyed(3, arange(24, dtype: ScalarType.Int64));
        IAttack[] parts = [new Fgsm(Threat), Pgd.Standard(Threat, steps: 10)];

        var xAdv = new AutoAttack(Threat, parts).Perturb(f, x, y, noise);

        var first = parts[0].Perturb(f, x, y, noise);
        var turned = (f(first).argmax(1) != y).reshape(24, 1, 1, 1);
        Assert.InRange(turned.sum().item<long>(), 1, 23);
        var expected = where(turned, first, parts[1].Perturb(f, x, y, noise.Stream("pgd10")));
        // The second part sees a smaller batch, whose sums libtorch may take in another order: far below a step of it.
        Assert.True((xAdv - expected).abs().max().item<double>() < 1e-9);
    }

    [Fact]
    public void It_is_named_for_its_parts()
    {
        Assert.Equal("fgsm+pgd20", new AutoAttack(Threat, [new Fgsm(Threat), Pgd.Standard(Threat, 20)]).Name);
    }
}
