using Arow.Attacks;
using Arow.Data;
using Arow.Models;
using Arow.Objectives;
using Arow.Training;

namespace Arow.Tests.Unit;

/// <summary>The fast forms of every kind of architecture beside the exact one.</summary>
public sealed class FrozenViewTests
{
    private const int Images = 12;
    private static readonly ThreatModel Threat = new(Norm.Linf, 8.0 / 255);

    /// <summary>Small members of each family, so that a test takes moments.</summary>
    private static readonly Dictionary<string, Func<InputShape, int, nn.Module<Tensor, Tensor>>> Families = new()
    {
        ["small-cnn"] = (input, classes) => new SmallCnn(input, classes),
        ["tiny-cnn"] = (input, classes) => new TinyCnn(input, classes),
        ["resnet"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1]),
        ["small-cnn, without dropout"] = (input, classes) => new SmallCnn(input, classes, dropout: null),
        ["resnet, 16 channels"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], width: 16),
        ["resnet, 4 channels"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], width: 4),
        ["preact-resnet, 8 channels"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], width: 8),
        ["resnet, bottleneck"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], bottleneck: true),
        ["preact-resnet, silu"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], Activation.Silu),
        ["wide-resnet, leaky"] = (input, classes) => new WideResNet(input, classes, 10, 1, Activation.LeakyRelu),
        ["wide-resnet, published"] = (input, classes) => new WideResNet(input, classes, 10, 1, rawShortcut: true),
    };

    public static TheoryData<string> All => [.. Families.Keys];

    [Theory, MemberData(nameof(All))]
    public void Folded_in_float32_it_is_the_same_function(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var (x, y) = Digits(network);
        using var layers = new FrozenLayers(ScalarType.Float32);
        var f = network.ForEvaluation();
        Tensor Folded(Tensor images) => network.Run(images, layers);

        // Sums in another order, through a dozen layers of numbers about one.
        using (no_grad()) Assert.InRange((f(x) - Folded(x)).abs().max().item<float>() / Size(f(x)), 0, 2e-5);
        var (g, folded) = (Gradient(f, x, y), Gradient(Folded, x, y));
        Assert.InRange((g - folded).abs().max().item<float>() / g.abs().max().item<float>(), 0, 1e-3);
    }

    [Theory, MemberData(nameof(All))]
    public void In_bfloat16_predictions_gradients_and_attacks_are_the_same(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var (x, y) = Digits(network);
        using var view = network.Freeze(Precision.Fast);
        var f = network.ForEvaluation();

        using (no_grad())
        {
            // Where two classes are nearer to each other than bfloat16 can tell, either is right.
            var (z, fast) = (f(x), view.Classifier(x));
            var surest = z.gather(1, fast.argmax(1).unsqueeze(1)).squeeze(1);
            Assert.InRange((z.amax([1]) - surest).max().item<float>() / Size(z), 0, 0.02);
            Assert.InRange((z - fast).abs().max().item<float>() / Size(z), 1e-7, 0.03);
        }

        var (g, fastG) = (Gradient(f, x, y), Gradient(view.Classifier, x, y));
        var agree = ((g.sign() == fastG.sign()) * g.abs()).sum().item<float>() / g.abs().sum().item<float>();
        Assert.InRange(agree, 0.97, 1);

        var attack = Pgd.Standard(Threat, 3);
        var noise = Noise.Keyed(0, arange(Images, dtype: ScalarType.Int64));
        double Loss(Classifier seen)
        {
            using var frozen = no_grad();
            return Losses.CrossEntropy(f(attack.Perturb(seen, x, y, noise)), y).mean().item<float>();
        }
        Assert.Equal(1, Loss(view.Classifier) / Loss(f), 0.01);
    }

    [Theory, MemberData(nameof(All))]
    public void A_training_pass_in_bfloat16_points_where_the_exact_one_does(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var ((exact, statistics), (fast, theirs)) = TrainingPasses(network, n => n.ForTraining(Precision.Fast));
        // Each of up to twenty layers, forth and back, rounds to 2^-9, and batch norm of few small images magnifies it: up to a
        // third of the length may lie across. Of a wrong layer next to nothing would be left.
        Assert.InRange(F.cosine_similarity(exact, fast, 0).item<double>(), 0.95, 1.001);
        Assert.Equal(1, (fast.norm() / exact.norm()).item<double>(), 0.05);
        // Means and variances of thousands of numbers that are off by up to 2^-9 each.
        if (statistics.numel() > 0) Assert.InRange((statistics - theirs).abs().max().item<float>(), 0, 0.02);
    }

    [Theory, MemberData(nameof(All))]
    public void A_training_pass_in_float32_layers_is_the_exact_one(string family)
    {
        using var scope = NewDisposeScope();
        using var network = Make(family);
        var ((exact, statistics), (fast, theirs)) = TrainingPasses(network, n => images => n.Run(images, new TrainedLayers(ScalarType.Float32)));
        // Sums in another order, magnified by batch norm of few small images, where they may also turn a unit that is all but zero on or off.
        Assert.InRange(((exact - fast).norm() / exact.norm()).item<double>(), 0, 5e-3);
        if (statistics.numel() > 0) Assert.InRange((statistics - theirs).abs().max().item<float>(), 0, 1e-5);
    }

    [Theory, MemberData(nameof(All))]
    public void Training_passes_on_two_threads_are_as_near(string family) => TwoThreads.Run(() =>
    {
        A_training_pass_in_bfloat16_points_where_the_exact_one_does(family);
        A_training_pass_in_float32_layers_is_the_exact_one(family);
    });

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
            var step = new TrainingStep(network, new Trades(6), new Pgd(Threat, Goal.Kl, 3, 0.01, Start.Uniform), sgd) { Precision = Precision.Fast };
            var noise = Noise.Keyed(0, arange(Images, dtype: ScalarType.Int64));
            var live = DisposeScopeManager.Statistics.TensorStatistics;
            step.Take(x, y, noise, 0.1);
            var before = live.ThreadTotalLiveCount;
            for (var i = 0; i < 3; i++) step.Take(x, y, noise, 0.1);
            Assert.Equal(before, live.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Images_of_grey_values_lose_nothing_in_two_parts()
    {
        using var scope = NewDisposeScope();
        var x = (arange(256, dtype: ScalarType.Float32) / 255 + 8.0 / 255 * 0.37).clamp_max(1).reshape(1, 1, 16, 16);
        var parts = TwoParts.Of(x).to(ScalarType.Float32);
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
        using var folded = new FrozenLayers(ScalarType.BFloat16);
        var exact = convolution.call(x);
        foreach (var layers in (ILayers[])[folded, new TrainedLayers(ScalarType.BFloat16)])
        {
            var fast = layers.Enter(convolution, null, x);
            Assert.Equal(ScalarType.BFloat16, fast.dtype);
            // Two numbers that are off by 2^-17 each, and what bfloat16 rounds of their difference.
            Assert.InRange((fast.to(ScalarType.Float32) - exact).abs().max().item<float>(), 0, Math.Pow(2, -16) + Math.Pow(2, -9) * exact.abs().max().item<float>());
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
        Assert.Null(Precision.Auto.Products(network));
        using var known = Make("tiny-cnn");
        Assert.Contains(Precision.Auto.Products(known), (ScalarType?[])[ScalarType.BFloat16, ScalarType.Float32]);
        Assert.Contains("own", Assert.Throws<InputException>(() => network.Freeze(Precision.Fast).Classifier(zeros(1, 1, 4, 4))).Message);
    }

    /// <summary>Random weights, none zero, and statistics of batch norm that are not those of a fresh one.</summary>
    private static Network Make(string family)
    {
        manual_seed(1);
        var input = family.StartsWith("small-cnn", StringComparison.Ordinal) ? new InputShape(1, 16, 16) : new InputShape(3, 8, 8);
        var network = new Network(family, input, 10, Normalization.None, () => Families[family](input, 10));
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, value) in network.State)
        {
            if (key.EndsWith("running_mean", StringComparison.Ordinal)) value.uniform_(-0.2, 0.2);
            if (key.EndsWith("running_var", StringComparison.Ordinal)) value.uniform_(0.5, 2);
            if (key.StartsWith("classifier.fc3.weight", StringComparison.Ordinal)) value.normal_(0, 0.1);
        }
        return network;
    }

    private static (Tensor X, Tensor Y) Digits(Network network)
    {
        using var set = new Glyphs(Colour: network.Input.Channels == 3).Draw(Split.Train, Images);
        var x = ImageSet.Pixels(set.Images);
        return (F.adaptive_avg_pool2d(x, [network.Input.Height, network.Input.Width]), set.Labels.alias());
    }

    /// <summary>Gradients of all weights, and what batch norm has learnt, of the modules as they are and of another form, from the same weights.</summary>
    private static ((Tensor Gradients, Tensor Statistics) Exact, (Tensor Gradients, Tensor Statistics) Other) TrainingPasses(Network network, Func<Network, Classifier> form)
    {
        var (x, y) = Digits(network);
        // Dropout would draw other numbers for each.
        foreach (var drop in network.Module.modules().OfType<TorchSharp.Modules.Dropout>()) drop.p = 0;
        var state = network.State.ToDictionary(s => s.Key, s => s.Value.clone());
        var exact = Pass(network.ForTraining(Precision.Exact));
        network.CopyFrom(state);
        return (exact, Pass(form(network)));

        (Tensor Gradients, Tensor Statistics) Pass(Classifier f)
        {
            foreach (var (_, p) in network.Parameters) p.grad = null;
            new global::Arow.Objectives.Arow(3.5, 0.2).Loss(f, x, (x + 0.03).clamp_max(1), y).backward();
            Tensor[] buffers = [.. network.State.Where(s => s.Key.Contains("running")).Select(s => s.Value.flatten())];
            return (
                cat([.. network.Parameters.Where(p => p.Value.grad is not null).Select(p => p.Value.grad!.flatten())], 0).to(ScalarType.Float64),
                buffers.Length == 0 ? zeros(0) : cat(buffers, 0).clone());
        }
    }

    private static Tensor Gradient(Classifier f, Tensor x, Tensor y) => InputGradient.Of(f, z => Losses.CrossEntropy(z, y), x);

    private static float Size(Tensor z) => (z.amax([1]) - z.amin([1])).max().item<float>();
}
