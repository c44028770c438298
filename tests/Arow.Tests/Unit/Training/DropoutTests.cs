using Arow.Objectives;

namespace Arow.Tests.Unit.Training;

/// <summary>Which units dropout leaves out in the passes of a batch, as an objective sees it in their logits.</summary>
public sealed class DropoutTests
{
    // In the first batch the last layer is zero.
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "small-cnn", BatchSize = 32, Epochs = 2, AttackSteps = 1, LearningRate = 0.05, Schedule = "constant",
    };

    public static TheoryData<Precision, double?> Forms => new() { { Precision.Exact, null }, { Precision.Fast, null }, { Precision.Auto, 0.01 } };

    [Theory, MemberData(nameof(Forms))]
    public void All_passes_of_a_batch_leave_out_the_same(Precision precision, double? awp)
    {
        var seen = Seen(Options with { Precision = precision, Awp = awp, AwpStart = awp is null ? null : 1 });
        Assert.Equal(awp is null ? 6 : 12, seen.Distances.Count);
        Assert.Contains(seen.Moved, moved => moved > 1e-6);
        Assert.All(seen.Distances, distance => Assert.Equal(0, distance));
    }

    [Theory, MemberData(nameof(Forms))]
    public void Or_others_in_each_pass_as_runs_did_before(Precision precision, double? awp)
    {
        var seen = Seen(Options with { Precision = precision, Awp = awp, AwpStart = awp is null ? null : 1, DropoutMask = DropoutMask.Independent });
        Assert.True(seen.Distances.Count(distance => distance > 1e-4) >= 3);
    }

    /// <summary>Batches go on having units of their own.</summary>
    [Fact]
    public void Another_batch_leaves_out_others()
    {
        var seen = Seen(Options with { Momentum = 0, WeightDecay = 0 }, stopping: true);
        Assert.Equal(5, seen.Logits.Skip(1).Distinct().Count());
    }

    [Fact]
    public void Without_dropout_it_does_not_matter()
    {
        var (shared, independent) =
            (Losses(Options with { Model = "small-cnn-plain" }),
                Losses(Options with { Model = "small-cnn-plain", DropoutMask = DropoutMask.Independent }));
        Assert.Equal(shared, independent);
        Assert.Equal(shared, Losses(Options with { Dropout = 0 }));
        Assert.NotEqual(shared, Losses(Options));
    }

    [Theory, InlineData("small-cnn", null, 0.5), InlineData("small-cnn", 0.2, 0.2), InlineData("small-cnn", 0.0, 0.0)]
    public void The_rate_is_the_architectures_or_the_one_given(string model, double? dropout, double rate)
    {
        using var network = Network.Create(model, new InputShape(1, 28, 28), 10, Normalization.None, 0, dropout);
        using var copy = network.Copy();
        foreach (var one in (Network[])[network, copy]) Assert.Equal(rate,
            Assert.Single(one.Module.modules().OfType<TorchSharp.Modules.Dropout>()).p);
    }

    /// <summary>A helper has the run's rate where it has the run's architecture.</summary>
    [Fact]
    public void A_helper_of_another_architecture_has_its_own_rate()
    {
        Assert.Equal(0.2, (Options with { Objective = "hat", Dropout = 0.2 }).ForHelper().Dropout);
        var other = (Options with { Objective = "hat", Dropout = 0.2, HelperModel = "tiny-cnn" }).ForHelper();
        Assert.Null(other.Dropout);
        Assert.Empty(other.Validate());
    }

    private static Passes Seen(TrainingOptions options, bool stopping = false)
    {
        var seen = new Passes(stopping);
        using var bench = new TrainingBench { Own = seen };
        using var folder = new TemporaryFolder();
        bench.Train(options, folder.Path);
        return seen;
    }

    private static List<double> Losses(TrainingOptions options)
    {
        using var bench = new TrainingBench();
        using var folder = new TemporaryFolder();
        bench.Train(options, folder.Path);
        return [.. bench.Records.Select(r => r.Loss)];
    }

    /// <summary>Asks for the same images three times, as HAT asks for three kinds of them.</summary>
    /// <param name="stopping">Whether the weights are to stay where the first batch has moved them, and all images are one.</param>
    private sealed class Passes(bool stopping) : IObjective
    {
        public AttackLoss? AttackLoss => AttackLoss.CrossEntropy;

        public List<double> Distances { get; } = [];

        public List<double> Moved { get; } = [];

        public List<string> Logits { get; } = [];

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
        {
            using var scope = NewDisposeScope();
            var same = stopping ? ones_like(x) : x;
            var (z, again, third) = (f(same), f(same.clone()), f(same.clone()));
            Distances.Add(Math.Max(Apart(z, again), Apart(z, third)));
            Moved.Add(Apart(z, f(xAdv)));
            Logits.Add(string.Join(' ', z[0].data<float>().ToArray()));
            return (global::Arow.Losses.CrossEntropy(z, y).mean() * (stopping && Logits.Count > 1 ? 0 : 1)).MoveToOuterDisposeScope();
        }

        private static double Apart(Tensor z, Tensor other) => (z - other).detach().abs().max().item<float>();
    }
}
