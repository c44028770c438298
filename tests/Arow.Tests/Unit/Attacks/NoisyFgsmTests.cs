namespace Arow.Tests.Unit.Attacks;

public sealed class NoisyFgsmTests
{
    [Theory, InlineData(Norm.Linf, 0.03), InlineData(Norm.L2, 0.5), InlineData(Norm.L1, 4)]
    public void It_goes_as_far_as_noise_and_step_reach_and_no_farther(Norm norm, double ε)
    {
        using var scope = NewDisposeScope();
        var x = Reference.Image([6, 3, 8, 8], 0.83, 0.4).to(ScalarType.Float32);
        var y = arange(6, dtype: ScalarType.Int64);
        var (f, within) = (Reference.ToyNetwork(0), new ThreatModel(norm, ε));
        var attack = new NoisyFgsm(within, AttackLoss.CrossEntropy, ε, NoisyFgsm.PublishedNoiseSize);
        var noise = Noise.Keyed(1, arange(6, dtype: ScalarType.Int64));
        var xAdv = attack.Perturb(f, x, y, noise);

        Assert.Equal(3 * ε, attack.Threat.Epsilon, 1e-12);
        Assert.True((attack.Threat.Distance(xAdv, x) <= 3 * ε + within.Rounding(192)).all().item<bool>());
        Assert.True(((xAdv >= 0) & (xAdv <= 1)).all().item<bool>());
        // Farther out than what the classifier is to withstand, which is what the method is.
        Assert.True((within.Distance(xAdv, x) > 1.2 * ε).all().item<bool>());
        Assert.True((xAdv == attack.Perturb(f, x, y, noise)).all().item<bool>());
        // By sample, whatever the batch.
        var rows = tensor(new long[] { 4, 1 });
        Assert.True((xAdv.index_select(0, rows) - attack.Perturb(f, x.index_select(0, rows), y.index_select(0, rows), noise.Rows(rows))).abs().max()
            .item<float>() < 1e-6);
        LiveTensors.AssertNoneLeft(() => attack.Perturb(f, x, y, noise).Dispose());
    }

    [Fact]
    public void Without_noise_it_is_the_fast_gradient_sign_method()
    {
        using var scope = NewDisposeScope();
        var x = Reference.Image([6, 3, 8, 8], 0.83, 0.4);
        var y = arange(6, dtype: ScalarType.Int64);
        var (f, threat) = (Reference.ToyNetwork(0), new ThreatModel(Norm.Linf, 0.03));
        var noise = Noise.Keyed(1, arange(6, dtype: ScalarType.Int64));
        var difference = new NoisyFgsm(threat, AttackLoss.CrossEntropy, 0.03, 0).Perturb(f, x, y, noise) - new Fgsm(threat).Perturb(f, x, y, noise);
        Assert.True(difference.abs().max().item<double>() < 1e-12);
    }
}
