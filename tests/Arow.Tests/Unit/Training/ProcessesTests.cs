using Arow.Distributed;
using Arow.Tests.Unit.Distributed;

namespace Arow.Tests.Unit.Training;

/// <summary>Trainings by several processes, here threads: to the bit those of one process that accumulates as many parts.</summary>
public sealed class ProcessesTests : IDisposable
{
    /// <summary>Without batch norm and dropout, whose numbers depend on the batch and on torch's own generator.</summary>
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", Model = "small-cnn", Dropout = 0, Epochs = 2, AttackSteps = 2, LearningRate = 0.02, Seed = 3,
    };

    private readonly TemporaryFolder folder = new();
    private readonly ImageSet train, selecting;

    public ProcessesTests()
    {
        using var all = new Glyphs().Draw(Split.Train, 60);
        (train, selecting) = all.RandomSplit(16, 0);
    }

    public void Dispose()
    {
        train.Dispose();
        selecting.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string, int> Variants => new()
    {
        { "plain", 2 }, new("plain", 3) { Explicit = true }, { "swa", 3 }, { "standard", 2 },
    };

    /// <summary>44 images in parts of 4: the last step of an epoch is a smaller one, in which processes have nothing to do.</summary>
    [Theory, MemberData(nameof(Variants))]
    public void Ranks_are_parts(string variant, int processes)
    {
        var options = variant switch
        {
            "swa" => Options with { SwaStart = 1 },
            "standard" => Options with { Objective = "standard" },
            _ => Options,
        };
        var alone = Train(options with { BatchSize = 4, Accumulate = processes }, "alone");
        var together = Train(options with { BatchSize = 4 * processes }, "together", processes);
        Assert.Equal(alone.Losses, together.Losses);
        Assert.Equal(alone.Tensors.Keys, together.Tensors.Keys);
        Assert.All(alone.Tensors, t => Assert.True(t.Value.AsSpan().SequenceEqual(together.Tensors[t.Key]), t.Key));
    }

    /// <summary>Statistics of batch norms are means over the processes, and all end with the same weights.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Processes_have_the_same_weights_and_statistics(int accumulate)
    {
        var options = Options with { Model = "tiny-cnn", BatchSize = 12, Accumulate = accumulate };
        var (_, tensors) = Train(options, "normalized", 3);
        Assert.Contains(tensors.Keys, key => key.EndsWith("running_mean", StringComparison.Ordinal));
    }

    /// <summary>One is asked to stop, all do, at the same step; they go on to the same bits, and others do not.</summary>
    [Fact]
    public void Stopped_and_resumed()
    {
        var options = Options with { BatchSize = 8 };
        var whole = Train(options, "whole", 2);
        var first = Start(options, "stopped", 2, stopAfter: 3);
        Assert.All(first, end => Assert.Null(end.Fault));
        Assert.All(first, end => Assert.Equal((true, 0), (end.Result!.Interrupted, end.Result.Epochs)));
        var refused = Start(options with { BatchSize = 12 }, "stopped", 3);
        Assert.Contains("was stopped within an epoch of 2 processes, so 2 processes can resume it, not 3",
            Assert.IsType<InputException>(refused[0].Fault).Message);
        Assert.All(refused.Skip(1), end => Assert.IsType<OtherProcessException>(end.Fault));
        var resumed = Train(options, "stopped", 2);
        Assert.All(whole.Tensors, t => Assert.True(t.Value.AsSpan().SequenceEqual(resumed.Tensors[t.Key]), t.Key));
    }

    /// <summary>A bit of one process that is not what it should be is found before it is saved, within an epoch too.</summary>
    [Theory]
    [InlineData(double.MaxValue, 6)]
    [InlineData(1e-9, 2)]
    public void A_flipped_bit_is_found_at_the_next_checkpoint(double checkpointEvery, long found)
    {
        var options = Options with { BatchSize = 8, CheckpointEvery = checkpointEvery };
        var ends = Start(options, "flipped", 2, step: (rank, step, network) =>
        {
            if ((rank, step) != (1, 2)) return;
            using var frozen = no_grad();
            // A high bit of a fraction: later steps do not round it away.
            var bytes = network.Parameters[0].Value.bytes;
            bytes[2] ^= 0x40;
        });
        Assert.All(ends, end => Assert.Equal($"after step {found} the weights of process 1 differ from those of process 0, which only a fault of a "
            + "machine or of the connection explains; they are not saved", Assert.IsType<DifferentWeightsException>(end.Fault).Message));
        Assert.Equal(checkpointEvery < 1, new RunFolder(folder.File("flipped")).Checkpoints.Any);
    }

    /// <summary>Free training keeps a perturbation for each image of a batch, of which each process has those of its own.</summary>
    [Fact]
    public void Free_training_is_resumed_with_the_perturbations_of_all()
    {
        var options = Options with { Objective = "free", AttackSteps = null, Replays = 2, BatchSize = 8 };
        var whole = Train(options, "whole", 2);
        Assert.Equal(8, whole.Tensors["free/perturbation"].Length / 4 / 28 / 28);
        Assert.True(Start(options, "stopped", 2, stopAfter: 3)[0].Result!.Interrupted);
        var resumed = Train(options, "stopped", 2);
        Assert.All(whole.Tensors, t => Assert.True(t.Value.AsSpan().SequenceEqual(resumed.Tensors[t.Key]), t.Key));
    }

    private (IReadOnlyList<(double, double?)> Losses, SortedDictionary<string, byte[]> Tensors) Train(
        TrainingOptions options, string name, int processes = 1)
    {
        var ends = Start(options, name, processes);
        Assert.All(ends, end => Assert.True(end.Fault is null, $"{end.Fault}"));
        var run = new RunFolder(folder.File(name));
        using var checkpoint = run.Checkpoints.LoadLatest(line => Assert.Fail(line))!;
        return ([.. run.ReadLog().Select(e => (e.Loss, e.TrainRobust))],
            new(checkpoint.Tensors.ToDictionary(t => t.Key, t => t.Value.bytes.ToArray()), StringComparer.Ordinal));
    }

    private IReadOnlyList<(TrainingResult? Result, Exception? Fault)> Start(
        TrainingOptions options, string name, int processes, int? stopAfter = null, Action<int, int, Network>? step = null)
    {
        // Made one after the other, from torch's own generator; all but the first of another seed, which must not matter.
        var networks = Enumerable.Range(0, processes).Select(rank =>
            Network.Create(options.Model, new InputShape(1, 28, 28), 10, Normalization.None, options.Seed + rank, options.Dropout)).ToList();
        var ends = ThreadCommunicator.Run(processes, group =>
        {
            using var stop = new CancellationTokenSource();
            var steps = 0;
            // Only the first process has the folder.
            var path = folder.File(group.IsFirst ? name : $"{name}-nowhere-{group.Rank}");
            var input = new TrainingInput(train, selecting, new Augmentation(2, true)) { Group = group };
            using var trainer = new Trainer(new TrainingSetup(options, new RunFolder(path), networks[group.Rank], input))
            {
                Observer = new TrainingCallbacks
                {
                    Step = _ =>
                    {
                        if (++steps == stopAfter && group.Rank == processes - 1) stop.Cancel();
                        step?.Invoke(group.Rank, steps, networks[group.Rank]);
                    },
                },
            };
            trainer.Resume();
            var result = trainer.Run(stop.Token);
            Assert.True(group.IsFirst || !Directory.Exists(path), "only the first process writes");
            return result;
        });
        networks.ForEach(network => network.Dispose());
        return ends;
    }
}
