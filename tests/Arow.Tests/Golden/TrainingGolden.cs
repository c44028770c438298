using System.Text.Json;
using Arow.Objectives;
using TorchSharp.Modules;

namespace Arow.Tests.Golden;

/// <summary>
/// Four optimizer steps of the published code on the toy network with batch norm: losses, weights, batch-norm buffers,
/// the stochastic average with its statistics estimated anew, and the exponential one.
/// </summary>
[Numeric]
public sealed class TrainingGolden
{
    private const double Tolerance = 1e-6;

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, All.GetArrayLength())];

    private static JsonElement All => Reference.Read("training.json").GetProperty("rows");

    [Theory, MemberData(nameof(Rows))]
    public void Weights_and_averages_are_the_published_ones(int index)
    {
        var seed = Reference.Read("training.json").GetProperty("net_seed").GetDouble();
        var row = All[index];
        // The published numbers come from a generator that had been through the initial weights of three networks, in
        // float32: the trained one and its two averages. Here they are built in that order too.
        manual_seed(row.GetProperty("torch_seed").GetInt64());
        var perturbed = row.GetProperty("objective").GetString()!.EndsWith("-awp", StringComparison.Ordinal);
        using var network = new Network("toy", new InputShape(3, 8, 8), 5, Normalization.None, () => new Toy(seed));
        // The published weight perturbation has a network of its own.
        if (perturbed) new Toy(seed).Dispose();
        using var scope = NewDisposeScope();
        double Get(string name) => row.GetProperty(name).GetDouble();

        IObjective objective = row.GetProperty("objective").GetString() switch
        {
            "arow" or "arow-awp" => new Objectives.Arow(3.5, 0.2),
            "cow" => new Cow(3.5, 0.2),
            "trades" or "trades-awp" => new Trades(6),
            "mart" => new Mart(5),
            "pgd-at" => new AdversarialTraining(),
            var name => throw new InvalidOperationException($"no objective for {name}"),
        };
        Assert.Equal(row.GetProperty("attack_criterion").GetString(), objective.AttackLoss!.Name);
        var attack = new Pgd(
            new ThreatModel(Norm.Linf, Get("eps")), objective.AttackLoss, row.GetProperty("attack_steps").GetInt32(),
            Get("step_size"), Start.Uniform);
        using var sgd = new Sgd(network.Parameters, new SgdOptions(Get("momentum"), WeightDecay: Get("weight_decay")));
        using var stochastic = WeightAverage.Stochastic(network);
        using var exponential = WeightAverage.Exponential(network, 0.9);
        var step = new TrainingStep(network, objective, attack, sgd)
        {
            Perturbation = perturbed ? new WeightPerturbation(network, gamma: 0.005) : null,
        };
        var noise = Noise.From();

        var losses = row.GetProperty("losses").Numbers();
        for (var s = 0; s < losses.Length; s++)
        {
            var y = tensor(Enumerable.Range(0, 16).Select(i => (2L * i + s) % 5).ToArray());
            var result = step.Run(new(Images(s, seed), y, noise, Get("lr")));
            Assert.Equal(losses[s], result.Loss, Tolerance);
            stochastic.Update(network);
            exponential.Update(network);
        }
        WeightAverage.EstimateStatistics(stochastic.Network, ((int[])[0, 1]).Select(i => Images(i, seed)).Select(x => (x, x.shape[0])));

        AssertState(row.GetProperty("weights"), network);
        AssertState(row.GetProperty("swa"), stochastic.Network);
        AssertState(row.GetProperty("ema"), exponential.Network);
    }

    private static Tensor Images(int step, double seed) =>
        Reference.Image([16, 3, 8, 8], 0.83 + 0.01 * step + seed, 0.4);

    private static void AssertState(JsonElement expected, Network network)
    {
        var state = network.State;
        Assert.Equal(expected.EnumerateObject().Select(p => p.Name).Order(), state.Keys.Order());
        foreach (var entry in expected.EnumerateObject())
            Reference.AssertClose(entry.Value.Numbers(), state[entry.Name], Tolerance);
    }

    private sealed class Toy : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1, conv2;
        private readonly BatchNorm2d bn1, bn2;
        private readonly Linear linear;

        public Toy(double seed) : base(nameof(Toy))
        {
            conv1 = nn.Conv2d(3, 6, 3, padding: 1, bias: false);
            bn1 = nn.BatchNorm2d(6);
            conv2 = nn.Conv2d(6, 12, 3, stride: 2, padding: 1, bias: false);
            bn2 = nn.BatchNorm2d(12);
            linear = nn.Linear(192, 5);
            RegisterComponents();
            this.to(ScalarType.Float64);

            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            double[] gain = [0.35, 0.2, 0.1];
            Parameter[] weights = [conv1.weight, conv2.weight, linear.weight];
            for (var j = 0; j < 3; j++)
                weights[j].copy_(gain[j] * Reference.Wave(weights[j].shape, 1.7 + 0.3 * j + seed, 0.2 + j));
            linear.bias!.zero_();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var h = bn1.call(conv1.call(x)).relu();
            h = bn2.call(conv2.call(h)).relu();
            return linear.call(h.flatten(1)).MoveToOuterDisposeScope();
        }
    }
}
