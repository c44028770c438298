using Arow.Objectives;

namespace Arow.Tests.Unit.Models.Execution;

/// <summary>The fast forms of every kind of architecture beside the exact one.</summary>
[Numeric]
public sealed class FrozenViewTests
{
    private const int Images = 12, Batches = 3;

    /// <summary>Batches in which no unit of a deep network is turned on or off by the last bit are rarer.</summary>
    private const int BatchesInFloat32 = 5;

    /// <summary>
    /// Errors beside those of the same roundings made by hand (<see cref="RoundedLayers"/>), as roots of mean squares over batches: one is expected,
    /// since both round by as much, and through the same layers. Two is four times as many roundings: sums and pooled means in bfloat16, which
    /// some processors round on the way. A wrong layer is beyond (<see cref="One_wrong_layer_is_farther"/>).
    /// </summary>
    private const double InBFloat16 = 2;

    /// <summary>
    /// The same in float32, beside those of the modules as they are, against float64. Folding rounds once more, and sums are taken in other orders.
    /// </summary>
    private const double InFloat32 = 5;

    private static readonly ThreatModel Threat = new(Norm.Linf, 8.0 / 255);

    private static readonly Lazy<(Tensor Images, Tensor Labels)> Grey = Drawn(colour: false), Colour = Drawn(colour: true);

    /// <summary>Small members of each family, so that a test takes moments.</summary>
    private static readonly Dictionary<string, Func<InputShape, int, nn.Module<Tensor, Tensor>>> Families = new(SmallNetworks.Residual)
    {
        ["small-cnn"] = (input, classes) => new SmallCnn(input, classes),
        ["tiny-cnn"] = (input, classes) => new TinyCnn(input, classes),
        ["resnet"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], width: 32),
        ["small-cnn, without dropout"] = (input, classes) => new SmallCnn(input, classes, dropout: null),
        ["resnet, 16 channels"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], width: 16),
        ["resnet, 4 channels"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], width: 4),
        ["preact-resnet, 8 channels"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], width: 8),
        ["resnet, bottleneck"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], bottleneck: true, width: 16),
        ["preact-resnet, silu"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], Activation.Silu, width: 16),
    };

    public static TheoryData<string> All => new TheoryData<string>(Families.Keys).WithExplicit(
        "wide-resnet, leaky", "preact-resnet, gelu", "preact-resnet, raw", "preact-resnet, 8 channels", "imagenet-resnet", "resnet, bottleneck",
        "resnet", "resnet, 4 channels", "small-cnn, without dropout");

    [Theory, MemberData(nameof(All))]
    public void Folded_in_float32_it_is_as_near_as_float32_is(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        using var doubled = Doubled(network);
        using var layers = new FrozenExecutor(ScalarType.Float32);
        var (logits, gradients) = (new RoundingErrors(), new RoundingErrors());
        for (var batch = 0; batch < BatchesInFloat32; batch++)
        {
            var (x, y) = Digits(network, batch);
            Tensor Folded(Tensor images) => network.Execute(images, layers);
            Classifier precise = doubled.ForEvaluation(), f = network.ForEvaluation();
            var x64 = x.to(ScalarType.Float64);
            using (no_grad()) logits.Add(precise(x64), Folded(x), f(x));
            gradients.Add(Gradient(precise, x64, y), Gradient(Folded, x, y), Gradient(f, x, y));
        }
        Assert.InRange(logits.LeastRatio, 0, InFloat32);
        Assert.InRange(gradients.LeastRatio, 0, InFloat32);
    }

    [Theory, MemberData(nameof(All))]
    public void In_bfloat16_logits_gradients_and_attacks_are_as_near_as_rounding_is(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        if (network.DisablesOneDnn)
        {
            // Without oneDNN sums would be rounded on the way.
            Assert.Null(network.ProductType(Precision.Fast));
            return;
        }
        using var view = network.Freeze(Precision.Fast);
        var f = network.ForEvaluation();
        var rounding = new RoundedLayers(folded: true);
        Tensor Rounded(Tensor images) => network.Execute(images, rounding);

        var (logits, gradients) = (new RoundingErrors(), new RoundingErrors());
        var (differences, gain, across) = (new List<float>(), 0.0, 0.0);
        for (var batch = 0; batch < Batches; batch++)
        {
            var (x, y) = Digits(network, batch);
            using (no_grad()) logits.Add(f(x), view.Classifier(x), Rounded(x));
            var (g, rounded) = (Gradient(f, x, y), Gradient(Rounded, x, y));
            gradients.Add(g, Gradient(view.Classifier, x, y), rounded);
            across += ((g.sign() != rounded.sign()) * g.abs()).sum().item<float>() / g.abs().sum().item<float>() / Batches;

            var attack = Pgd.Standard(Threat, 3);
            var noise = Noise.Keyed(0, arange(Images, dtype: ScalarType.Int64));
            Tensor Gain(Classifier seen)
            {
                using var frozen = no_grad();
                return Losses.CrossEntropy(f(attack.Perturb(seen, x, y, noise)), y) - Losses.CrossEntropy(f(x), y);
            }
            var exact = Gain(f);
            differences.AddRange((Gain(view.Classifier) - exact).data<float>());
            gain += exact.mean().item<float>() / Batches;
        }
        Assert.InRange(logits.Ratio, 0.1, InBFloat16);
        Assert.InRange(gradients.Ratio, 0.1, InBFloat16);
        // A step gains what the gradient has where signs agree, less what it has where they do not: each unit across costs two. Later steps begin
        // elsewhere, for better or worse: four standard errors of the images' differences, or one in a hundred where they are less.
        var mean = differences.Average();
        var error = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (differences.Count - 1.0) / differences.Count);
        var slack = Math.Max(0.01, 4 * error / gain) + 4 * across;
        Assert.InRange(mean / gain, -slack, slack);
    }

    [Theory, MemberData(nameof(All))]
    public void A_training_pass_in_bfloat16_is_as_near_as_rounding_is(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var errors = NewErrors();
        for (var batch = 0; batch < Batches; batch++)
        {
            var exact = TrainingPass(network, network.ForTraining(Precision.Exact), batch);
            var rounded = TrainingPass(network, new RoundedLayers(folded: false), batch);
            Add(errors, exact, rounded, () => TrainingPass(network, new TrainingExecutor(ScalarType.BFloat16), batch));
        }
        foreach (var (gradients, statistics) in errors.Where(e => !e.Gradients.IsEmpty))
        {
            Assert.InRange(gradients.Ratio, 0.1, InBFloat16);
            if (!statistics.IsEmpty) Assert.InRange(statistics.Ratio, 0.1, InBFloat16);
        }
    }

    /// <summary>The bound means something: the first, a middle or the last layer that gives its channels in another order exceeds it.</summary>
    [Theory, MemberData(nameof(All))]
    public void One_wrong_layer_is_farther(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var exact = TrainingPass(network, network.ForTraining(Precision.Exact), batch: 0);
        // For clean and for adversarial images.
        var counting = new WrongLayers(new RoundedLayers(folded: false), wrong: -1);
        var rounded = TrainingPass(network, counting, batch: 0);
        var layers = counting.Count / 2;
        Assert.InRange(layers, 3, 100);
        foreach (var wrong in (int[])[0, layers / 2, layers - 1])
        {
            var gradients = new RoundingErrors();
            var (computed, _) = TrainingPass(network, new WrongLayers(new TrainingExecutor(ScalarType.BFloat16), wrong), batch: 0);
            gradients.Add(exact.Gradients, computed, rounded.Gradients);
            Assert.InRange(gradients.Ratio, 1.5 * InBFloat16, double.MaxValue);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void A_training_pass_in_float32_layers_is_as_near_as_float32_is(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        using var doubled = Doubled(network);
        var errors = NewErrors();
        for (var batch = 0; batch < BatchesInFloat32; batch++)
        {
            var precise = TrainingPass(doubled, doubled.ForTraining(Precision.Exact), batch);
            var exact = TrainingPass(network, network.ForTraining(Precision.Exact), batch);
            Add(errors, precise, exact, () => TrainingPass(network, new TrainingExecutor(ScalarType.Float32), batch));
        }
        foreach (var (gradients, statistics) in errors.Where(e => !e.Gradients.IsEmpty))
        {
            Assert.InRange(gradients.LeastRatio, 0, InFloat32);
            if (!statistics.IsEmpty) Assert.InRange(statistics.LeastRatio, 0, InFloat32);
        }
    }

    [Fact]
    public void A_fast_step_on_two_threads_can_be_repeated_too() => TwoThreads.Run(A_fast_step_can_be_repeated_to_the_bit_and_leaves_nothing_behind);

    [Fact]
    public void Weights_that_move_later_do_not_reach_it()
    {
        using var scope = NewDisposeScope();
        using var network = Make("tiny-cnn");
        var (x, _) = Digits(network);
        using var frozen = no_grad();
        using var view = network.Freeze(Precision.Fast);
        var before = view.Classifier(x);
        foreach (var (_, p) in network.Parameters) p.mul_(3);
        Assert.True((view.Classifier(x) == before).all().item<bool>());
    }

    [Fact]
    public void A_fast_step_can_be_repeated_to_the_bit_and_leaves_nothing_behind()
    {
        using var scope = NewDisposeScope();
        using var one = Make("tiny-cnn");
        using var two = one.Copy();
        var (x, y) = Digits(one);
        Take(one);
        Take(two);
        foreach (var (key, value) in one.State) Assert.True((value == two.State[key]).all().item<bool>(), key);

        void Take(Network network)
        {
            using var sgd = new Sgd(network.Parameters, new SgdOptions());
            var step = new TrainingStep(network, new Trades(6), new Pgd(Threat, AttackLoss.Kl, 3, 0.01, Start.Uniform),
                sgd)
            { Precision = Precision.Fast };
            var noise = Noise.Keyed(0, arange(Images, dtype: ScalarType.Int64));
            var live = DisposeScopeManager.Statistics.TensorStatistics;
            step.Run(new(x, y, noise, 0.1));
            var before = live.ThreadTotalLiveCount;
            for (var i = 0; i < 3; i++) step.Run(new(x, y, noise, 0.1));
            Assert.Equal(before, live.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Images_of_grey_values_lose_nothing_in_two_parts()
    {
        using var scope = NewDisposeScope();
        var x = (arange(256, dtype: ScalarType.Float32) / 255 + 8.0 / 255 * 0.37).clamp_max(1).reshape(1, 1, 16, 16);
        var parts = SplitBFloat16.SplitImages(x).to(ScalarType.Float32);
        // Eight bits and eight more: 2^-17 of numbers up to 1. One part alone is off by up to 2^-9.
        Assert.InRange((parts.sum([1], keepdim: true) - x).abs().max().item<float>(), 0, Math.Pow(2, -17));
    }

    /// <summary>A kernel that takes neighbours from each other leaves a third of a grey value, which bfloat16 itself cannot tell from none.</summary>
    [Theory, InlineData(1), InlineData(3)]
    public void Images_enter_in_two_parts(int channels)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var convolution = nn.Conv2d(channels, 16, (1, 2), bias: false);
        convolution.weight!.zero_();
        convolution.weight[.., 0, 0, 0] = -1;
        convolution.weight[.., 0, 0, 1] = 1;
        var x = (0.6f + arange(64, dtype: ScalarType.Float32).reshape(1, 1, 8, 8) / 3 / 255).expand(2, channels, 8, 8).contiguous();
        using var folded = new FrozenExecutor(ScalarType.BFloat16);
        var exact = convolution.call(x);
        foreach (var layers in (ILayerExecutor[])[folded, new TrainingExecutor(ScalarType.BFloat16)])
        {
            var fast = layers.FirstConvolution(convolution, null, x);
            Assert.Equal(ScalarType.BFloat16, fast.dtype);
            // Two numbers that are off by 2^-17 each, and what bfloat16 rounds of their difference.
            Assert.InRange((fast.to(ScalarType.Float32) - exact).abs().max().item<float>(), 0,
                Math.Pow(2, -16) + Math.Pow(2, -9) * exact.abs().max().item<float>());
        }
    }

    /// <summary>Every unit before it is one, and the logits count what it leaves.</summary>
    [Theory, InlineData(Precision.Exact), InlineData(Precision.Fast)]
    public void Training_drops_out_at_its_rate_and_attacks_do_not(Precision precision)
    {
        const int Units = 200, N = 100;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Make("small-cnn");
        var drop = network.Module.modules().OfType<TorchSharp.Modules.Dropout>().Single();
        var state = network.State;
        foreach (var (key, value) in state)
        {
            if (key.StartsWith("classifier.", StringComparison.Ordinal)) value.zero_();
        }
        state["classifier.fc1.bias"].fill_(1);
        state["classifier.fc2.weight"].copy_(eye(Units));
        state["classifier.fc3.weight"].fill_(1);
        var x = zeros(N, 1, 16, 16);
        foreach (var rate in (double[])[0.5, 0.25])
        {
            drop.p = rate;
            manual_seed(7);
            // What is left is scaled up: 2 and 4/3, the latter rounded to 2^-9.
            var kept = network.ForTraining(precision)(x)[.., 0] * (1 - rate);
            Assert.Equal(Units * (1 - rate), kept.mean().item<float>(), 4.0);
            // Binomial: seven, and six.
            Assert.Equal(Math.Sqrt(Units * rate * (1 - rate)), kept.std().item<float>(), 2.0);
            using var view = network.Freeze(precision);
            Assert.True((view.Classifier(x) == Units).all().item<bool>());
        }
    }

    [Fact]
    public void A_network_of_ones_own_has_no_fast_form()
    {
        using var network = new Network(
            "own", new InputShape(1, 4, 4), 3, Normalization.None, () => nn.Sequential(("flat", nn.Flatten()), ("fc", nn.Linear(16, 3))));
        Assert.Null(network.ProductType(Precision.Auto));
        using var known = Make("tiny-cnn");
        Assert.Contains(known.ProductType(Precision.Auto), (ScalarType?[])[ScalarType.BFloat16, ScalarType.Float32]);
        Assert.Contains("own", Assert.Throws<InputException>(() => network.Freeze(Precision.Fast).Classifier(zeros(1, 1, 4, 4))).Message);
    }

    /// <summary>Random weights, none zero, and statistics of batch norm that are not those of a fresh one.</summary>
    private static Network Make(string family)
    {
        manual_seed(1);
        var input = family.StartsWith("small-cnn", StringComparison.Ordinal) ? new InputShape(1, 16, 16)
            : family.StartsWith("imagenet", StringComparison.Ordinal) ? new InputShape(3, 28, 28)
            : new InputShape(3, 8, 8);
        var network = new Network(family, input, 10, Normalization.None, () => Families[family](input, 10));
        ShakenStatistics.Shake(network);
        return network;
    }

    /// <summary>The same network in float64.</summary>
    private static Network Doubled(Network network)
    {
        var doubled = network.Copy();
        doubled.Module.to(ScalarType.Float64);
        return doubled;
    }

    private static (Tensor X, Tensor Y) Digits(Network network, int batch = 0)
    {
        var (images, labels) = network.Input.Channels == 3 ? Colour.Value : Grey.Value;
        var rows = (batch * Images)..((batch + 1) * Images);
        return (F.adaptive_avg_pool2d(ImageSet.ToPixels(images[rows]), [network.Input.Height, network.Input.Width]), labels[rows].clone());
    }

    private static Lazy<(Tensor Images, Tensor Labels)> Drawn(bool colour) => new(() =>
    {
        using var set = new Glyphs(Colour: colour).Draw(Split.Train, Images * BatchesInFloat32);
        return (set.Images.clone().DetachFromDisposeScope(), set.Labels.clone().DetachFromDisposeScope());
    });

    /// <summary>Of passes on one thread, and on two where they can be had.</summary>
    private static (RoundingErrors Gradients, RoundingErrors Statistics)[] NewErrors() => [(new(), new()), (new(), new())];

    private static void Add(
        (RoundingErrors Gradients, RoundingErrors Statistics)[] errors, (Tensor Gradients, Tensor Statistics) exact,
        (Tensor Gradients, Tensor Statistics) expected, Func<(Tensor Gradients, Tensor Statistics)> pass)
    {
        AddTo(errors[0]);
        if (TorchThreads.AreShared) TwoThreads.Run(() => AddTo(errors[1]));

        void AddTo((RoundingErrors Gradients, RoundingErrors Statistics) of)
        {
            using var scope = NewDisposeScope();
            var (gradients, statistics) = pass();
            of.Gradients.Add(exact.Gradients, gradients, expected.Gradients);
            of.Statistics.Add(exact.Statistics, statistics, expected.Statistics);
        }
    }

    private static (Tensor Gradients, Tensor Statistics) TrainingPass(Network network, ILayerExecutor layers, int batch) =>
        TrainingPass(network, images => network.Execute(images, layers), batch);

    /// <summary>Gradients of all weights, and what batch norm has learnt; the network is left as it was.</summary>
    private static (Tensor Gradients, Tensor Statistics) TrainingPass(Network network, Classifier f, int batch)
    {
        var (x, y) = Digits(network, batch);
        x = x.to(network.Parameters[0].Value.dtype);
        // Dropout would draw other numbers for each.
        foreach (var drop in network.Module.modules().OfType<TorchSharp.Modules.Dropout>()) drop.p = 0;
        var state = network.State.ToDictionary(s => s.Key, s => s.Value.clone());
        foreach (var (_, p) in network.Parameters) p.grad = null;
        ((global::Arow.Objectives.IObjective)new global::Arow.Objectives.Arow(3.5, 0.2)).Loss(f, x, (x + 0.03).clamp_max(1), y).backward();
        Tensor[] buffers = [.. network.State.Where(s => s.Key.Contains("running")).Select(s => s.Value.flatten())];
        var result = (
            cat([.. network.Parameters.Where(p => p.Value.grad is not null).Select(p => p.Value.grad!.flatten())], 0).to(ScalarType.Float64),
            buffers.Length == 0 ? zeros(0) : cat(buffers, 0).clone());
        network.CopyFrom(state);
        return result;
    }

    private static Tensor Gradient(Classifier f, Tensor x, Tensor y) => InputGradient.Compute(f, z => Losses.CrossEntropy(z, y), x);
}
