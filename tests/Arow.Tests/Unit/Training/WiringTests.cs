using Arow.Objectives;

namespace Arow.Tests.Unit.Training;

/// <summary>That what the options ask for happens, and when: seen from outside, in weights, losses and batches.</summary>
public sealed class WiringTests
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", BatchSize = 16, Epochs = 2, AttackSteps = 2, LearningRate = 0.05, Seed = 3,
        Schedule = "constant",
    };

    [Fact]
    public void Weights_are_perturbed_from_their_epoch_on()
    {
        var without = Losses(Options with { Objective = "arow" });
        var late = Losses(Options with { Objective = "arow", Awp = 0.01, AwpStart = 2 });
        var early = Losses(Options with { Objective = "arow", Awp = 0.01, AwpStart = 1 });
        Assert.Equal(without[0], late[0]);
        Assert.NotEqual(without[1], late[1]);
        Assert.NotEqual(without[0], early[0]);
    }

    [Fact]
    public void Geometry_counts_from_its_epoch_on()
    {
        var without = Losses(Options with { Objective = "pgd-at" });
        var late = Losses(Options with { Objective = "gair-at", GeometryStart = 2 });
        var early = Losses(Options with { Objective = "gair-at", GeometryStart = 1 });
        Assert.Equal(without[0], late[0]);
        Assert.NotEqual(without[1], late[1]);
        Assert.NotEqual(without[0], early[0]);
    }

    /// <summary>Means of classes count from the second epoch on; in the first all are equally likely.</summary>
    [Fact]
    public void What_an_epoch_predicted_for_each_class_counts_in_the_next()
    {
        var known = Losses(Options with { Objective = "ikl-at" });
        var unknown = new List<double>();
        using (var bench = new TrainingBench { Own = new Unaware(new Ikl(4)) })
        using (var folder = new TemporaryFolder())
        {
            bench.Train(Options with { Objective = "ikl-at" }, folder.Path);
            unknown.AddRange(bench.Records.Select(r => r.Loss));
        }
        Assert.Equal(unknown[0], known[0]);
        Assert.NotEqual(unknown[1], known[1]);
    }

    /// <summary>
    /// An average that hardly moves is the network as it was made: what it gives, in evaluation mode, is what labels are mixed with.
    /// </summary>
    [Fact]
    public void Labels_are_rectified_by_the_average_as_far_as_the_run_has_come()
    {
        using var scope = NewDisposeScope();
        var options = Options with { Objective = "standard", Model = "small-cnn", EmaDecay = 1 - 1e-12, Adr = true, Epochs = 1, LearningRate = 1e-3 };
        var seen = new SeesLabels();
        using var bench = new TrainingBench { Own = seen };
        using var folder = new TemporaryFolder();
        bench.Train(options, folder.Path);

        using var teacher = Network.Create("small-cnn", new InputShape(1, 28, 28), 10, Normalization.None, options.Seed);
        var (f, labels) = (teacher.ForEvaluation(), options.CreateLabels()!);
        Assert.Equal(5, seen.Batches.Count);
        foreach (var (i, (x, y)) in seen.Batches.Index())
            Assert.True((labels.Rectify(f, x, y.argmax(1), i / 5.0) - y).abs().max().item<float>() < 1e-5, $"batch {i}");
        Assert.True((seen.Batches[0].Y - seen.Batches[4].Y).abs().max().item<float>() > 0.01);
    }

    /// <summary>80 images are five batches of 16: two, two and one of them a step.</summary>
    [Fact]
    public void Gathered_batches_move_the_weights_once()
    {
        var seen = new List<Dictionary<string, float[]>>();
        using var bench = new TrainingBench { Seen = seen.Add };
        using var folder = new TemporaryFolder();
        bench.Train(Options with { Objective = "arow", Epochs = 1, Accumulate = 2 }, folder.Path);
        Assert.Equal([false, true, false, true, true],
            seen.Zip(seen.Skip(1)).Select(pair => pair.First.Any(p => !p.Value.SequenceEqual(pair.Second[p.Key]))));
        Assert.Equal(3, bench.Records[0].Steps);
    }

    /// <summary>a ← d·a + (1 − d)·w from the first weights on, d growing from 1/10 with the warm-up.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void The_average_takes_in_every_step_by_its_decay(bool warmUp)
    {
        const double Decay = 0.6;
        var seen = new List<Dictionary<string, float[]>>();
        using var bench = new TrainingBench { Seen = seen.Add };
        using var folder = new TemporaryFolder();
        bench.Train(Options with { Objective = "standard", EmaDecay = Decay, EmaWarmUp = warmUp }, folder.Path);

        var average = seen[0].ToDictionary(p => p.Key, p => (double[])[.. p.Value.Select(v => (double)v)]);
        foreach (var (n, weights) in seen.Skip(1).Index())
        {
            var d = warmUp ? Math.Min(Decay, (1.0 + n) / (10 + n)) : Decay;
            foreach (var (name, values) in average)
                for (var i = 0; i < values.Length; i++) values[i] = d * values[i] + (1 - d) * weights[name][i];
        }
        using var kept = Kept(folder);
        // Ten roundings of float32.
        foreach (var (name, values) in average)
            Assert.All(values.Zip(kept.Tensors[$"average/{name}"].data<float>().ToArray()), v =>
                Assert.Equal(v.First, v.Second, 1e-5 * Math.Max(1, Math.Abs(v.First))));
    }

    /// <summary>Free training takes several steps a batch, and its average takes in each.</summary>
    [Fact]
    public void The_average_takes_in_every_replay()
    {
        using var bench = new TrainingBench();
        using var folder = new TemporaryFolder();
        bench.Train(Options with { Objective = "free", AttackSteps = null, Replays = 3, Epochs = 1, EmaDecay = 0.9 }, folder.Path);
        using var kept = Kept(folder);
        var position = ResumePoint.FromJson(kept.Metadata["position"]);
        Assert.Equal((15, 15), (position.Step, position.Averaged));
    }

    [Theory]
    [InlineData("cosine", 1, new[] { 0.05, 0.025 })]
    [InlineData("cyclic", 1, new[] { 0.05 * 0.6 / 0.8, 0.05 * 0.1 / 0.8 })] // the last of five steps begins at 0.4 and 0.9 of the run
    [InlineData("cyclic", 2, new[] { 0.05 * 0.6 / 0.8, 0.05 * 0.1 / 0.8 })]
    [InlineData("cyclic", 3, new[] { 0.05 * 0.7 / 0.8, 0.05 * 0.2 / 0.8 })] // of two steps at 0.3 and 0.8
    public void The_log_has_the_rate_of_the_last_step(string schedule, int accumulate, double[] rates)
    {
        using var bench = new TrainingBench();
        using var folder = new TemporaryFolder();
        bench.Train(Options with { Objective = "standard", Schedule = schedule, Accumulate = accumulate }, folder.Path);
        Assert.All(rates.Zip(bench.Records), r => Assert.Equal(r.First, r.Second.LearningRate, 1e-12));
    }

    /// <summary>
    /// Where an objective has an attack, it is robust accuracy under ten steps of PGD that chooses, as the network itself is measured.
    /// </summary>
    [Fact]
    public void Weights_are_selected_by_robust_accuracy()
    {
        var apart = 0;
        for (var seed = 0; seed < 3; seed++)
        {
            using var bench = new TrainingBench();
            using var folder = new TemporaryFolder();
            var options = Options with { Objective = "pgd-at", Epochs = 4, Threat = ThreatModel.Default, LearningRate = 0.1, Seed = seed };
            var result = bench.Train(options, folder.Path);
            // The first of the best.
            Assert.Equal(bench.Records.MaxBy(r => r.SelectionRobust)!.Epoch, result.BestEpoch);
            if (bench.Records.MaxBy(r => r.SelectionClean)!.Epoch != result.BestEpoch) apart++;
            var (network, _) = NetworkFile.Load(folder.File("weights.safetensors"));
            using (network)
            {
                var again = new Selection(bench.Selecting, Pgd.Standard(options.Threat, steps: 10), options.Seed, 32).Evaluate(network);
                Assert.Equal((bench.Records[result.BestEpoch - 1].SelectionClean, bench.Records[result.BestEpoch - 1].SelectionRobust),
                    (again.Clean, again.Robust));
            }
        }
        // By clean accuracy another epoch would have been chosen.
        Assert.NotEqual(0, apart);
    }

    [Theory, InlineData(0.25, 4), InlineData(0.8, 12)]
    public void Batches_have_their_share_of_extra_images(double fraction, int count)
    {
        using var scope = NewDisposeScope();
        using var black = new ImageSet("black", zeros(7, 1, 28, 28, ScalarType.Byte), zeros(7, ScalarType.Int64),
            [.. "0123456789".Select(c => $"{c}")]);
        var seen = new CountsBlack();
        using var bench = new TrainingBench { Extra = black, Own = seen };
        using var folder = new TemporaryFolder();
        bench.Train(Options with { Objective = "standard", ExtraFraction = fraction, Epochs = 1 }, folder.Path);
        Assert.Equal(Enumerable.Repeat(count, 5), seen.Counts);
    }

    /// <summary>Training with test images among the extra ones that are dropped is training without them.</summary>
    [Fact]
    public void Dropped_duplicates_are_not_trained_on()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var tests = new Glyphs().Draw(Split.Test, 8);
        var noise = randint(0, 256, [6, 1, 28, 28], ScalarType.Byte, generator: new Generator(5));
        var labels = arange(6, dtype: ScalarType.Int64);
        Npz.Write(folder.File("noise.npz"), noise, labels, zeros(6));
        Npz.Write(folder.File("both.npz"), cat([noise[..2], tests.Images, noise[2..]]), cat([labels[..2], tests.Labels, labels[2..]]), zeros(14),
            PublicDataSets.Digits);
        var options = Options with { Objective = "standard", Epochs = 1, LimitTrain = 40, Validation = 8 };

        Run(options with { ExtraData = folder.File("noise.npz") }, folder.File("noise"));
        var told = Run(options with { ExtraData = folder.File("both.npz"), DropDuplicates = true }, folder.File("dropped"));
        var kept = Run(options with { ExtraData = folder.File("both.npz") }, folder.File("kept"));

        Assert.Contains("8 of 14 extra images", Assert.Single(told, line => line.Contains("extra images")));
        Assert.Contains("DropDuplicates leaves them out", Assert.Single(kept, line => line.Contains("extra images")));
        var weights = (string run) => File.ReadAllBytes(folder.File($"{run}/weights.safetensors"));
        Assert.Equal(weights("noise"), weights("dropped"));
        Assert.NotEqual(weights("noise"), weights("kept"));
        var listed = File.ReadLines(folder.File("dropped/near-duplicates.tsv")).Skip(1).Select(l => l.Split('\t')).Select(l => (l[0], l[1])).ToList();
        Assert.Equal(Enumerable.Range(0, 8).Select(i => ($"{i + 2}", $"{i}")), listed);
    }

    /// <summary>Labels are for training: whoever gives others does not ask for those that are there.</summary>
    [Fact]
    public void Extra_images_without_a_class_are_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var train = new Glyphs().Draw(Split.Train, 2);
        Npz.Write(folder.File("none.npz"), train.Images, tensor(new long[] { -1, 3 }), zeros(2));
        using var images = ExtraImages.Load(folder.File("none.npz"), 1, 28, 28, train.Classes);
        Assert.Equal([-1, 3], images.Labels!.data<long>().ToArray());
        var fault = Assert.Throws<InputException>(() => RunInputs.LoadExtra(folder.File("none.npz"), Options, train, CPU, out _, out _));
        Assert.Contains("none.npz: has labels from -1 to 3, not from 0 to 9; a model can predict them", fault.Message);
    }

    /// <summary>The network that a run trains to be helped by is the one that helps.</summary>
    [Fact]
    public void A_helper_that_was_made_helps_as_one_that_was_given()
    {
        using var folder = new TemporaryFolder();
        var options = Options with { Objective = "hat", Epochs = 1, LimitTrain = 60, Validation = 12 };
        Run(options, folder.File("made"));
        Run(options with { Helper = folder.File("made/helper") }, folder.File("given"));
        using var other = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Arow.Models.Normalization.None, 77);
        NetworkFile.Save(folder.File("other.safetensors"), other, new Dictionary<string, string>(), [.. "0123456789".Select(c => $"{c}")]);
        Run(options with { Helper = folder.File("other.safetensors") }, folder.File("by-other"));

        var weights = (string run) => File.ReadAllBytes(folder.File($"{run}/weights.safetensors"));
        Assert.Equal(weights("made"), weights("given"));
        Assert.NotEqual(weights("made"), weights("by-other"));
    }

    /// <summary>The deviation, and not the variance, of the images that the weights learn from, without those that select.</summary>
    [Fact]
    public void Pixels_are_normalized_by_mean_and_deviation_of_the_training_images()
    {
        using var folder = new TemporaryFolder();
        using var digits = new EverySettingTests.Digits();
        var options = Options with
        {
            Dataset = "fashion-mnist",
            DataDir = digits.Folder,
            Objective = "standard",
            Epochs = 1,
            LimitTrain = 40,
            Validation = 8,
            Normalize = true
        };
        Run(options, folder.File("run"));
        using var all = Catalog.DataSets["fashion-mnist"].Load(Split.Train, digits.Folder);
        using var some = all.Limit(40, options.Seed);
        var (train, selecting) = some.RandomSplit(8, options.Seed);
        double[] pixels = [.. train.Images.bytes.ToArray().Select(b => b / 255.0)];
        var mean = pixels.Average();
        train.Dispose();
        selecting.Dispose();

        var (network, _) = NetworkFile.Load(folder.File("run/weights.safetensors"));
        using (network)
        {
            // Sums of 25,000 numbers in float32.
            Assert.Equal(mean, Assert.Single(network.Normalization.Mean), 1e-5);
            Assert.Equal(Math.Sqrt(pixels.Average(p => Math.Pow(p - mean, 2))), Assert.Single(network.Normalization.Std), 1e-5);
        }
    }

    [Fact]
    public void The_evaluation_at_the_end_has_the_norm_the_size_and_the_seed_of_the_run()
    {
        using var folder = new TemporaryFolder();
        using var digits = new EverySettingTests.Digits();
        var small = Options with
        {
            Dataset = "fashion-mnist",
            DataDir = digits.Folder,
            Objective = "pgd-at",
            Epochs = 1,
            LimitTrain = 40,
            Validation = 8
        };
        var options = small with { Threat = new(Norm.L2, 1.5), Seed = 5, TestAttack = "pgd10", LimitTest = 12 };
        Assert.Empty(options.Validate());
        using var run = new TrainingRun(options, new RunFolder(folder.File("run")));
        run.Run();
        var summary = run.Evaluate();
        Assert.Equal(("l2", "1.5", 5L, 12), (summary.Subject.Norm, summary.Subject.Epsilon, summary.Subject.Seed, summary.N));

        // The same by hand, on images that the seed draws.
        using var all = Catalog.DataSets["fashion-mnist"].Load(Split.Test, digits.Folder);
        using var drawn = all.Limit(12, 5);
        using var others = all.Limit(12, 6);
        Assert.False((drawn.Indices == others.Indices).all().item<bool>());
        var alone = new EvaluationFolder(folder.File("alone"));
        new EvaluationRun(run.Folder.Weights, new() { Attacks = ["pgd10"], Threat = options.Threat, Seed = 5 })
            .Execute(drawn, alone, TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllText(alone.Rows), File.ReadAllText(new EvaluationFolder(run.Folder.Evaluation).Rows));
    }

    private static List<string> Run(TrainingOptions options, string path)
    {
        var told = new List<string>();
        Assert.Empty(options.Validate());
        using var run = new TrainingRun(options, new RunFolder(path)) { Observer = new TrainingCallbacks { Warning = told.Add } };
        Assert.False(run.Run().Interrupted);
        return [.. told.Where(line => !line.Contains("standard network", StringComparison.Ordinal))];
    }

    private static List<double> Losses(TrainingOptions options)
    {
        using var bench = new TrainingBench();
        using var folder = new TemporaryFolder();
        bench.Train(options, folder.Path);
        return [.. bench.Records.Select(r => r.Loss)];
    }

    private static SafetensorsFile Kept(TemporaryFolder folder) => new CheckpointFolder(folder.File("checkpoints")).LoadLatest(_ => { })!;

    /// <summary>An objective that keeps from knowing what it could.</summary>
    private sealed class Unaware(IObjective source) : IObjective
    {
        public AttackLoss? AttackLoss => source.AttackLoss;

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y) => source.Loss(f, x, xAdv, y);
    }

    /// <summary>Standard training that keeps its images and labels.</summary>
    private sealed class SeesLabels : IObjective
    {
        public List<(Tensor X, Tensor Y)> Batches { get; } = [];

        public AttackLoss? AttackLoss => null;

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
        {
            Batches.Add((x.clone().DetachFromDisposeScope(), y.clone().DetachFromDisposeScope()));
            return new Standard().Loss(f, x, xAdv, y);
        }
    }

    /// <summary>Standard training that looks at what it is given.</summary>
    private sealed class CountsBlack : IObjective
    {
        public List<int> Counts { get; } = [];

        public AttackLoss? AttackLoss => null;

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
        {
            using var scope = NewDisposeScope();
            Counts.Add((int)(x.flatten(1).amax(1) == 0).sum().item<long>());
            return new Standard().Loss(f, x, xAdv, y).MoveToOuterDisposeScope();
        }
    }
}
