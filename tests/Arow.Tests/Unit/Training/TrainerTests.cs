namespace Arow.Tests.Unit.Training;

/// <summary>The training loop on a handful of digits: resuming, averages, selection, divergence, memory.</summary>
public sealed class TrainerTests
{
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "tiny-cnn", BatchSize = 16, Epochs = 2, AttackSteps = 2, LearningRate = 0.05, Seed = 3,
        CheckpointEvery = 1e-6, // after every step
    };

    /// <summary>It would be asked for predictions, and give some.</summary>
    [Fact]
    public void A_helper_of_broken_weights_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (path, broken) = (folder.File("helper.safetensors"), folder.File("broken.safetensors"));
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 9);
        NetworkFile.Save(path, network, new Dictionary<string, string>(), [.. "0123456789".Select(c => $"{c}")]);
        RunInputs.LoadHelper(path, network.Input, PublicDataSets.Digits, CPU, out _).Dispose();

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        network.State.Values.First(t => t.is_floating_point()).view(-1)[3] = double.NaN;
        var (whole, metadata) = NetworkFile.Load(path);
        whole.Dispose();
        Safetensors.Write(broken, network.State, metadata.Where(m => m.Key is not ("fingerprint" or "sha256")).ToDictionary());
        Assert.Contains("has NaN or infinite values",
            Assert.Throws<InputException>(() => RunInputs.LoadHelper(broken, network.Input, PublicDataSets.Digits, CPU, out _)).Message);
    }

    public static TheoryData<string> Variants => new TheoryData<string>(
        "plain", "swa", "ema", "standard", "lbgat-awp", "gair-gathered", "hat-fat", "free", "mixed", "watched", "permuted", "dropout", "kept",
        "mixed-rectified", "ikl").WithExplicit("mixed-rectified");

    [Theory, MemberData(nameof(Variants))]
    public void A_run_that_stops_again_and_again_ends_with_the_same_bits(string variant)
    {
        var options = variant switch
        {
            "swa" => Options with { SwaStart = 1, CutMix = 0.5 },
            "ema" => Options with { EmaDecay = 0.9, Nesterov = true, Schedule = "cosine" },
            "standard" => Options with { Objective = "standard", Model = "small-cnn" }, // dropout
            "lbgat-awp" => Options with { Objective = "lbgat", CutMix = 0.5, Awp = 0.005, EmaDecay = 0.9, EmaWarmUp = true },
            "gair-gathered" => Options with
            {
                Objective = "gair-trades",
                GeometryStart = 2,
                Weight = "non-robust",
                Accumulate = 2,
                Schedule = "one-cycle"
            },
            "hat-fat" => Options with { Objective = "hat-arow", EarlyStop = 0, Divergence = "js" },
            "mixed" => Options with { ExtraFraction = 0.5, CutMix = 1, Cutout = 8 },
            "watched" => Options with { Objective = "standard", Watch = 12 },
            "free" => Options with { Objective = "free", Replays = 3, CutMix = 0.5, EmaDecay = 0.9, Adr = true },
            "kept" => Options with { Objective = "pgd-at", SwaStart = 2, Keep = [KeptWeights.Last, KeptWeights.Best, KeptWeights.Average] },
            "mixed-rectified" => Options with
            {
                Objective = "arow",
                CutMix = 0.7,
                Cutout = 6,
                RandAugment = 2,
                EmaDecay = 0.9,
                Adr = true,
                AttackSteps = null,
                AttackNoise = 2
            },
            "ikl" => Options with { Objective = "ikl-at", Accumulate = 2, EpsilonRamp = 2 },
            "permuted" => Options with { Objective = "arow", Weight = "permuted", CutMix = 0.5, Accumulate = 2 },
            "dropout" => Options with
            {
                Objective = "trades",
                Model = "small-cnn",
                Dropout = 0.2,
                DropoutMask = DropoutMask.Independent,
                AttackSteps = 1,
                AttackLoss = "ce"
            },
            _ => Options with { Objective = "arow" },
        };
        using var straight = new TemporaryFolder();
        using var broken = new TemporaryFolder();
        using var extra = new Glyphs().Draw(Split.Test, 20);
        using var bench = new TrainingBench { Extra = variant == "mixed" ? extra : null };
        // Never stopped, with a checkpoint after each epoch alone: most of the time of this test is spent on the disk.
        var patient = options with { CheckpointEvery = 600 };
        Assert.False(bench.Train(patient, straight.Path, int.MaxValue).Interrupted);

        var turns = 0;
        while (bench.Train(options, broken.Path, stopAfter: 1 + turns % 3).Interrupted) turns++;
        // As on a GPU, where nobody waits for what a batch has measured.
        using var ahead = new TemporaryFolder();
        bench.Train(patient, ahead.Path, int.MaxValue, readEvery: 3);

        Assert.True(turns >= 3);
        var files = Directory.GetFiles(straight.Path, "weights*.safetensors").Select(f => Path.GetFileName(f)).ToList();
        Assert.Equal(1 + options.Keep.Count, files.Count);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(straight.File(file)), File.ReadAllBytes(broken.File(file))));
        Assert.Equal(Epochs(straight), Epochs(broken));
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(straight.File(file)), File.ReadAllBytes(ahead.File(file))));
        Assert.Equal(Epochs(straight), Epochs(ahead));
        if (variant != "watched") return;
        string[] watched = ["training-0001.tsv", "training-0002.tsv", "validation-0001.tsv", "validation-0002.tsv"];
        Assert.Equal(watched, Directory.GetFiles(broken.File("watch")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var file in watched)
            Assert.Equal(File.ReadAllText(straight.File($"watch/{file}")), File.ReadAllText(broken.File($"watch/{file}")));
        // Whoever looks on changes nothing.
        using var unseen = new TemporaryFolder();
        bench.Train(patient with { Watch = null }, unseen.Path, int.MaxValue);
        Assert.Equal(File.ReadAllBytes(unseen.File("weights.safetensors")), File.ReadAllBytes(broken.File("weights.safetensors")));
    }

    [Theory]
    [InlineData("arow")]
    [InlineData("free")]
    [InlineData("standard")]
    public void Every_kind_of_training_heeds_the_precision(string objective)
    {
        using var exact = new TemporaryFolder();
        using var fast = new TemporaryFolder();
        using var bench = new TrainingBench();
        var options = Options with { Objective = objective, Epochs = 1, Replays = objective == "free" ? 2 : null };
        bench.Train(options with { Precision = Precision.Exact }, exact.Path, int.MaxValue);
        bench.Train(options with { Precision = Precision.Fast }, fast.Path, int.MaxValue);
        Assert.NotEqual(File.ReadAllBytes(exact.File("weights.safetensors")), File.ReadAllBytes(fast.File("weights.safetensors")));
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before_it()
    {
        using var straight = new TemporaryFolder();
        using var broken = new TemporaryFolder();
        using var bench = new TrainingBench();
        bench.Train(Options, straight.Path, int.MaxValue);
        bench.Train(Options, broken.Path, stopAfter: 5);

        var checkpoints = Directory.GetFiles(broken.File("checkpoints"), "step-*").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(2, checkpoints.Count);
        var bytes = File.ReadAllBytes(checkpoints[1]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(checkpoints[1], bytes);
        var told = new List<string>();
        while (bench.Train(Options, broken.Path, int.MaxValue, told.Add).Interrupted) continue;

        Assert.Contains(checkpoints[1], Assert.Single(told));
        Assert.Equal(File.ReadAllBytes(straight.File("weights.safetensors")), File.ReadAllBytes(broken.File("weights.safetensors")));
    }

    [Fact]
    public void What_is_saved_is_the_best_on_the_selecting_images()
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench();
        var options = Options with { Objective = "standard", Epochs = 4, LearningRate = 0.2 };
        var result = bench.Train(options, folder.Path, int.MaxValue);

        var epochs = bench.Records;
        Assert.Equal(4, epochs.Count);
        var best = epochs.MaxBy(e => e.SelectionClean)!; // the first of equals
        Assert.Equal(best.Epoch, result.BestEpoch);
        Assert.Equal(best.Epoch, epochs.Last(e => e.Selected).Epoch);

        var (network, notes) = NetworkFile.Load(folder.File("weights.safetensors"));
        using (network)
        {
            Assert.Equal($"{best.Epoch}", notes["epoch"]);
            var again = new Selection(bench.Selecting, attack: null, options.Seed, 16).Evaluate(network);
            Assert.Equal(best.SelectionClean, again.Clean);
        }
    }

    [Fact]
    public void Patience_ends_a_run_that_no_longer_improves()
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench();
        var result = bench.Train(
            Options with { Objective = "standard", Epochs = 50, LearningRate = 1e-9, Patience = 2 }, folder.Path, int.MaxValue);
        Assert.Equal(3, result.Epochs);
    }

    [Theory, InlineData(null), InlineData("free")]
    public void A_loss_that_is_read_late_moves_no_weights_and_names_the_same_batch(string? objective)
    {
        var options = Options with { Objective = objective ?? "arow", Replays = objective is null ? null : 3, CheckpointEvery = 600 };
        using var bench = new TrainingBench();
        var ends = new List<(long Step, IReadOnlyList<long> Samples, Dictionary<string, float[]> Weights)>();
        foreach (var readEvery in (int[])[1, 50])
        {
            using var folder = new TemporaryFolder();
            bench.Train(options, folder.Path, stopAfter: 2);
            // Followed once, this learning rate leaves weights whose loss is no number or above a million.
            var fault = Assert.Throws<DivergedException>(
                () => bench.Train(options with { LearningRate = 1e12 }, folder.Path, int.MaxValue, readEvery: readEvery));
            ends.Add((fault.Step, fault.Samples, bench.Parameters));
            using var kept = new CheckpointFolder(folder.File("checkpoints")).LoadLatest(_ => { });
            Assert.All(kept!.Tensors.Values, t => Assert.True(t.isfinite().all().item<bool>()));
        }
        Assert.Equal(ends[0].Step, ends[1].Step);
        Assert.Equal(ends[0].Samples, ends[1].Samples);
        foreach (var (name, values) in ends[0].Weights) Assert.Equal(values, ends[1].Weights[name]);
    }

    [Fact]
    public void Divergence_stops_with_step_and_samples_and_keeps_the_last_good_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench();
        bench.Train(Options, folder.Path, stopAfter: 2);
        var fault = Assert.Throws<DivergedException>(
            () => bench.Train(Options with { LearningRate = 1e30 }, folder.Path, int.MaxValue));

        Assert.InRange(fault.Step, 3, 5);
        Assert.DoesNotContain('\n', fault.Message);
        using var kept = new CheckpointFolder(folder.File("checkpoints")).LoadLatest(_ => { });
        Assert.NotNull(kept);
        Assert.All(kept.Tensors.Values, t => Assert.True(t.isfinite().all().item<bool>()));
    }

    [Fact]
    public void A_checkpoint_that_is_not_there_is_not_promised()
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench();
        var fault = Assert.Throws<DivergedException>(() => bench.Train(Options with { LearningRate = 1e30, CheckpointEvery = 600 }, folder.Path));
        Assert.DoesNotContain("checkpoint", fault.Message);
    }

    /// <summary>Statistics of a batch norm that become NaN while the loss stays what it is.</summary>
    private sealed class Poison(int from) : Arow.Objectives.IObjective
    {
        private int calls;

        public Arow.Attacks.AttackLoss? AttackLoss => null;

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
        {
            using var scope = NewDisposeScope();
            if (++calls >= from) f(full_like(x, double.NaN));
            return Losses.CrossEntropy(f(x), y).mean().MoveToOuterDisposeScope();
        }
    }

    [Theory, InlineData(null, false), InlineData(0.9, false), InlineData(null, true)]
    public void What_is_no_number_in_a_buffer_ends_training_and_is_never_kept(double? ema, bool swa)
    {
        // In the first epoch, where nothing has been kept, and in the second.
        foreach (var (from, epoch) in ((int, int)[])[(3, 1), (7, 2)])
        {
            using var folder = new TemporaryFolder();
            using var bench = new TrainingBench { Own = new Poison(from) };
            var options = Options with { Objective = "standard", CheckpointEvery = 600, EmaDecay = ema, SwaStart = swa ? 1 : null };
            var fault = Assert.Throws<DivergedException>(() => bench.Train(options, folder.Path));
            Assert.Contains($"(epoch {epoch}): network/bn1.running_mean contains values that are not finite", fault.Message);
            Assert.Equal(epoch == 2, fault.Message.Contains("the last good checkpoint is kept", StringComparison.Ordinal));
            Assert.Equal(epoch == 2, File.Exists(folder.File("weights.safetensors")));
            var log = new RunFolder(folder.Path).ReadLog();
            Assert.Equal(epoch - 1, log.Count);
            // Of all threads; clocks of the system tick in hundredths of a second.
            Assert.All(log, e => Assert.InRange(e.ProcessorSeconds!.Value, 1e-3, Environment.ProcessorCount * (e.Seconds + 0.1)));
            using var kept = new CheckpointFolder(folder.File("checkpoints")).LoadLatest(_ => { });
            Assert.Equal(epoch == 2, kept is not null);
            Assert.All(kept?.Tensors.Values ?? [], t => Assert.True(t.isfinite().all().item<bool>()));
        }
    }

    /// <summary>A gradient that leaves weights which are numbers, and too large to compute with.</summary>
    private sealed class Blow : Arow.Objectives.IObjective
    {
        public Arow.Attacks.AttackLoss? AttackLoss => null;

        public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
        {
            using var scope = NewDisposeScope();
            var z = f(x)[.., 0];
            return ((z - z.detach()) * 1e30).mean().MoveToOuterDisposeScope();
        }
    }

    [Theory, InlineData(SelectOn.Validation), InlineData(SelectOn.Last)]
    public void Weights_that_give_no_numbers_are_never_selected(SelectOn selectOn)
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench { Own = new Blow() };
        var options = Options with { Objective = "standard", CheckpointEvery = 600, BatchSize = 80, Epochs = 1, SelectOn = selectOn };
        var fault = Assert.Throws<DivergedException>(() => bench.Train(options, folder.Path));
        Assert.Contains("(epoch 1): the network's logits of selecting images are not finite", fault.Message);
        Assert.All(bench.Parameters.Values, values => Assert.All(values, v => Assert.True(float.IsFinite(v))));
        Assert.False(File.Exists(folder.File("weights.safetensors")));
    }

    [Fact]
    public void Logits_that_are_no_numbers_choose_nothing()
    {
        using var scope = NewDisposeScope();
        using var bench = new TrainingBench();
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 9);
        using (no_grad()) network.Parameters.Single(p => p.Name == "fc.bias").Value.fill_(double.NaN);
        Assert.Throws<ArithmeticException>(() => new Selection(bench.Selecting, attack: null, seed: 0, batchSize: 8).Evaluate(network));
    }

    /// <summary>A network of features of one pixel, which has no variance of one image.</summary>
    private static Network OnePixel() => new("one-pixel", new InputShape(1, 4, 4), 3, Normalization.None, () => nn.Sequential(
        ("conv", nn.Conv2d(1, 4, 4)), ("bn", nn.BatchNorm2d(4)), ("flat", nn.Flatten()), ("fc", nn.Linear(4, 3))));

    [Fact]
    public void A_last_batch_of_one_image_is_joined_where_a_batch_norm_needs_two()
    {
        using var pixels = rand([25, 1, 4, 4]).mul(255).to(ScalarType.Byte);
        using var labels = arange(25, dtype: ScalarType.Int64).remainder(3);
        using var all = new ImageSet("made", pixels.alias(), labels.alias(), ["a", "b", "c"]);
        var (train, selecting) = all.RandomSplit(4, 0);
        foreach (var options in (TrainingOptions[])
        [
            Options with { Objective = "standard", BatchSize = 20 }, Options with { Objective = "standard", BatchSize = 20, SwaStart = 1 },
            Options with { Objective = "standard", BatchSize = 5, Accumulate = 2, EmaDecay = 0.9 },
        ])
        {
            using var folder = new TemporaryFolder();
            using var network = OnePixel();
            Assert.Equal(2, network.SmallestBatch());
            var told = new List<string>();
            using var trainer = new Trainer(new TrainingSetup(options, new RunFolder(folder.Path), network, new(train, selecting, Augmentation.None)))
            {
                Observer = new TrainingCallbacks { Warning = told.Add },
            };
            trainer.Resume();
            Assert.Contains("is merged into the preceding batch", Assert.Single(told));
            Assert.Equal(2, trainer.Run(CancellationToken.None).Epochs);
            Assert.All(network.State.Values.Where(t => t.is_floating_point()), t => Assert.True(t.isfinite().all().item<bool>()));
        }
        train.Dispose();
        selecting.Dispose();
    }

    [Fact]
    public void A_network_knows_the_smallest_batch_and_stays_in_its_mode()
    {
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 9);
        network.ForTraining();
        var before = network.State["bn1.running_mean"].data<float>().ToArray();
        Assert.Equal((1, true), (network.SmallestBatch(), network.Module.training));
        Assert.Equal(before, network.State["bn1.running_mean"].data<float>().ToArray());
        foreach (var (name, side, smallest) in ((string, int, int)[])[("resnet18", 8, 2), ("preact-resnet18", 8, 2), ("resnet18", 9, 1)])
        {
            using var residual = Network.Create(name, new InputShape(3, side, side), 3, Normalization.None, 0);
            Assert.Equal(smallest, residual.SmallestBatch());
        }
    }

    [Fact]
    public void Batches_of_one_image_are_refused_where_a_batch_norm_needs_two()
    {
        using var network = OnePixel();
        var options = Options with { Objective = "standard" };
        Assert.Contains("batch-size 1 is too small for one-pixel on images of 1x4x4",
            RunInputs.ValidateBatchSize(options with { BatchSize = 1 }, 20, network));
        Assert.Contains("one training image is too small", RunInputs.ValidateBatchSize(options, 1, network));
        Assert.Null(RunInputs.ValidateBatchSize(options with { BatchSize = 2 }, 2, network));
        using var large = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 9);
        Assert.Null(RunInputs.ValidateBatchSize(options with { BatchSize = 1 }, 20, large));
    }

    [Fact]
    public void Steps_leave_no_tensor_and_no_memory_behind()
    {
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, 0);
        var objective = Options.CreateObjective();
        using var sgd = new Sgd(network.Parameters, Options.Sgd);
        var step = new TrainingStep(network, objective, Options.CreateAttack(objective), sgd);
        using var scope = NewDisposeScope();
        var (x, y) = (rand(16, 1, 28, 28), randint(0, 10, 16, ScalarType.Int64));
        var noise = Noise.Keyed(0, arange(16, dtype: ScalarType.Int64));

        LiveTensors.AssertNoneLeft(() => step.Run(new(x, y, noise, 0.01)));

        for (var i = 0; i < 50; i++) step.Run(new(x, y, noise, 0.01));
        // One step makes some 10 MB of tensors; a leak of one in a hundred would show, and in every stretch, where what allocators keep does not.
        var least = long.MaxValue;
        for (var stretch = 0; stretch < 3 && least >= 30_000_000; stretch++)
        {
            var before = Environment.WorkingSet;
            for (var i = 0; i < 300; i++) step.Run(new(x, y, noise, 0.01));
            least = Math.Min(least, Environment.WorkingSet - before);
        }
        Assert.True(least < 30_000_000, $"grew by {least} bytes");
    }

    private static List<string> Epochs(TemporaryFolder folder) =>
        [.. File.ReadLines(folder.File("log.jsonl")).Select(line => line[..line.IndexOf("\"seconds\"", StringComparison.Ordinal)])];
}
