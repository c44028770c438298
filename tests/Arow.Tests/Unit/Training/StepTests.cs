using Arow.Objectives;

namespace Arow.Tests.Unit.Training;

/// <summary>What stands around the objective in a step: gathering, perturbed weights, geometry, free replays.</summary>
[Numeric]
public sealed class StepTests
{
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.05);

    [Fact]
    public void Parts_of_a_step_add_up_to_the_whole()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(12);
        var samples = arange(12, dtype: ScalarType.Int64);
        Noise Of(int first, int last) => Noise.Keyed(1, samples[first..last]);

        using var whole = Linear();
        using var sgd = new Sgd(whole.Parameters, new SgdOptions());
        Step(whole, sgd).Run(new(x, y, Of(0, 12), 0.1));

        using var parts = Linear();
        using var sgdToo = new Sgd(parts.Parameters, new SgdOptions());
        var step = Step(parts, sgdToo);
        step.Run(new(x[..5], y[..5], Of(0, 5), 0.1) { Share = 5 / 12.0, IsLast = false });
        step.Run(new(x[5..10], y[5..10], Of(5, 10), 0.1) { Share = 5 / 12.0, IsFirst = false, IsLast = false });
        step.Run(new(x[10..], y[10..], Of(10, 12), 0.1) { Share = 2 / 12.0, IsFirst = false });

        // Sums in another order.
        AssertClose(whole, parts, 1e-6);

        static TrainingStep Step(Network network, Sgd sgd) =>
            new(network, new Trades(2), new Pgd(Threat, AttackLoss.Kl, 2, 0.02, Start.Uniform), sgd);
    }

    [Fact]
    public void Perturbed_weights_are_up_the_loss_and_come_back_and_statistics_see_one_pass()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(12);
        using var network = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 10, Normalization.None, 0);
        var before = network.State.ToDictionary(s => s.Key, s => s.Value.clone());
        Tensor Loss() => Losses.CrossEntropy(network.ForTraining()(x), y).mean();
        var plain = Loss().item<float>();
        network.CopyFrom(before);

        const double γ = 0.01;
        var perturbation = new WeightPerturbation(network, γ);
        perturbation.Perturb(Loss);
        foreach (var (name, value) in network.State)
        {
            var moved = (value - before[name]).to(ScalarType.Float64).norm().item<double>();
            var layer = name.EndsWith("weight", StringComparison.Ordinal) && value.dim() > 1;
            Assert.Equal(layer ? γ * before[name].to(ScalarType.Float64).norm().item<double>() : 0, moved, 1e-5);
        }
        Assert.All(network.Parameters, p => Assert.Null(p.Value.grad));
        Assert.True(Loss().item<float>() > plain);
        perturbation.Restore();
        foreach (var (name, value) in network.Parameters)
            Assert.True((value - before[name]).abs().max().item<float>() < 1e-6, name);
    }

    [Fact]
    public void What_begins_later_is_not_there_before()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(12);
        var noise = Noise.Keyed(1, arange(12, dtype: ScalarType.Int64));
        double LossAt(int epoch)
        {
            using var network = Linear();
            using var sgd = new Sgd(network.Parameters, new SgdOptions());
            return new TrainingStep(network, new GairAt(), new Pgd(Threat, AttackLoss.CrossEntropy, 4, 0.02, Start.Uniform), sgd)
            {
                Perturbation = new WeightPerturbation(network, 0.05), GeometryFrom = 3, PerturbFrom = 5,
            }.Run(new(x, y, noise, 0.1) { Epoch = epoch }).Loss;
        }
        Assert.Equal(LossAt(1), LossAt(2));
        Assert.Equal(LossAt(3), LossAt(4));
        Assert.Equal(LossAt(5), LossAt(int.MaxValue));
        Assert.NotEqual(LossAt(2), LossAt(3));
        Assert.True(LossAt(5) > LossAt(4));
    }

    [Fact]
    public void Free_training_is_the_published_loop_and_keeps_its_perturbation()
    {
        using var scope = NewDisposeScope();
        const int m = 3;
        using var network = Linear();
        using var oracle = Linear();
        using var sgd = new Sgd(network.Parameters, new SgdOptions());
        using var sgdToo = new Sgd(oracle.Parameters, new SgdOptions());
        using var free = new FreeSteps(network, new AdversarialTraining(), Threat, Threat.Epsilon, m, sgd);
        var noise = Noise.Keyed(0, arange(12, dtype: ScalarType.Int64));
        var δ = zeros(12, 1, 8, 8);
        foreach (var n in (int[])[12, 12, 7])
        {
            var (x, y) = Batch(n);
            var result = free.Run(new(x, y, noise, 0.1));
            Assert.InRange(result.Robust!.Value, 0, n);
            for (var replay = 0; replay < m; replay++)
            {
                var leaf = (x + δ[..n]).clamp(0, 1).requires_grad_();
                sgdToo.ZeroGrad();
                F.cross_entropy(oracle.ForTraining()(leaf), y).backward();
                // Of the published perturbation only that inside the box is seen; here it is kept there.
                δ[..n] = ((leaf.detach() + Threat.Epsilon * leaf.grad!.sign() - x).clamp(-Threat.Epsilon, Threat.Epsilon) + x).clamp(0, 1) - x;
                sgdToo.Step(0.1);
            }
        }
        AssertClose(oracle, network, 1e-5);
        Assert.True((free.Perturbation! - δ).abs().max().item<float>() < 1e-5);
        Assert.True(δ.abs().max().item<float>() > 0.04);
        var (again, labels) = Batch(12);
        LiveTensors.AssertNoneLeft(() => free.Run(new(again, labels, noise, 0.01)));
    }

    [Fact]
    public void Free_training_in_bfloat16_goes_where_the_exact_one_does()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(12);
        var (exact, δ) = Trained(Precision.Exact);
        var (fast, δFast) = Trained(Precision.Fast);

        Assert.InRange(F.cosine_similarity(exact, fast, 0).item<double>(), 0.95, 1 - 1e-9);
        // Where a gradient is next to nothing its sign is anyone's.
        Assert.InRange((δ == δFast).to(ScalarType.Float32).mean().item<float>(), 0.95, 1);

        // How far a batch moved the weights, and the perturbation that it left.
        (Tensor Moved, Tensor Perturbation) Trained(Precision precision)
        {
            using var network = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 10, Normalization.None, 0);
            using var sgd = new Sgd(network.Parameters, new SgdOptions());
            using var free = new FreeSteps(network, new AdversarialTraining(), Threat, Threat.Epsilon, 1, sgd) { Precision = precision };
            var before = Weights();
            free.Run(new(x, y, Noise.Keyed(0, arange(12, dtype: ScalarType.Int64)), 0.1));
            return (Weights() - before, free.Perturbation!.clone());

            Tensor Weights() => cat([.. network.Parameters.Select(p => p.Value.detach().flatten())], 0).to(ScalarType.Float64);
        }
    }

    [Fact]
    public void A_step_with_everything_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Batch(12);
        var noise = Noise.Keyed(1, arange(12, dtype: ScalarType.Int64));
        using var network = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 10, Normalization.None, 0);
        using var companion = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 10, Normalization.None, 1);
        using var sgd = new Sgd([.. network.Parameters, .. companion.Parameters.Select(p => ($"c/{p.Name}", p.Value))], new SgdOptions());
        IObjective[] objectives =
        [
            new Lbgat(6).WithAuxiliary(companion.ForTraining()), new Hat(3).WithAuxiliary(companion.ForEvaluation()), new GairTrades(2),
            new ComposedObjective(new GairTrades(2), SampleWeight.Margin, Divergence.JensenShannon, DetachWeight: true),
        ];
        foreach (var objective in objectives)
        {
            var step = new TrainingStep(network, objective, new Pgd(Threat, AttackLoss.Kl, 2, 0.02, Start.Uniform) { Tau = 0 }, sgd)
            {
                Perturbation = new WeightPerturbation(network, 0.005, companion),
            };
            LiveTensors.AssertNoneLeft(() => step.Run(new(x, y, noise, 0.01)));
        }
    }

    [Fact]
    public void The_one_cycle_is_torchs()
    {
        // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.4, total_steps=101, pct_start=0.2): the rates before steps 0, 5, 20, 60 and 100.
        // Its rising part ends at step 19.2, where ours ends at exactly a fifth of the run.
        var schedule = Schedule.OneCycle(0.4, 10);
        Assert.Equal(0.016, schedule.RateAt(0, 0.1), 1e-12);
        Assert.Equal(0.4, schedule.RateAt(2, 0.1), 1e-12);
        Assert.Equal((0.4 + 0.016) / 2, schedule.RateAt(1, 0.1), 1e-12);
        Assert.Equal((0.4 + 0.0000016) / 2, schedule.RateAt(6, 0.1), 1e-12);
        Assert.Equal(0.0000016, schedule.RateAt(10, 0.1), 1e-12);
    }

    [Fact]
    public void An_average_that_warms_up_forgets_the_beginning()
    {
        using var scope = NewDisposeScope();
        using var network = Linear();
        using var average = WeightAverage.Exponential(network, 0.5, warmUp: true);
        var name = network.Parameters[0].Name;
        var expected = network.State[name].clone();
        for (var n = 0; n < 12; n++)
        {
            using (no_grad()) network.State[name].add_(1);
            average.Update(network);
            var d = Math.Min(0.5, (1.0 + n) / (10 + n));
            expected = d * expected + (1 - d) * network.State[name];
        }
        Assert.True((average.Network.State[name] - expected).abs().max().item<float>() < 1e-4);
    }

    /// <summary>Without batch norm, so that parts of a batch do not depend on each other.</summary>
    private static Network Linear()
    {
        manual_seed(5);
        return new Network("linear", new InputShape(1, 8, 8), 10, Normalization.None, () => nn.Sequential(
            ("flat", nn.Flatten()), ("fc1", nn.Linear(64, 12)), ("relu", nn.ReLU()), ("fc2", nn.Linear(12, 10))));
    }

    private static (Tensor X, Tensor Y) Batch(int n) =>
        (Reference.Image([n, 1, 8, 8], 0.83, 0.4).to(ScalarType.Float32), (7 * arange(n, dtype: ScalarType.Int64)).remainder(10));

    private static void AssertClose(Network expected, Network actual, double tolerance)
    {
        foreach (var (name, value) in expected.Parameters)
            Assert.True((value - actual.State[name]).abs().max().item<float>() < tolerance, name);
    }
}
