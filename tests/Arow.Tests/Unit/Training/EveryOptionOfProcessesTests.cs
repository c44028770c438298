using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Arow.Tests.Unit.Distributed;

namespace Arow.Tests.Unit.Training;

/// <summary>
/// That no objective and no setting is forgotten where several processes train: each ends in what one process has, to the bit or up to
/// rounding, or is refused.
/// </summary>
[Numeric]
public sealed class EveryOptionOfProcessesTests(EveryOptionOfProcessesTests.Inputs inputs) : IClassFixture<EveryOptionOfProcessesTests.Inputs>
{
    private const int Processes = 2, Part = 4;

    /// <summary>Stand for files.</summary>
    private const string Model = "MODEL", Extra = "EXTRA";

    /// <summary>Without batch norm and dropout; 20 images are parts of 4, so that in an epoch's last step a process has none.</summary>
    private const string Plain = "dataset=fashion-mnist model=small-cnn dropout=0 limit-train=28 validation=8 epochs=2 attack-steps=2 lr=0.02 "
        + "schedule=constant precision=exact threads=1 objective=arow";

    /// <summary>Where the result of several processes is that of one in another sense, or is seen elsewhere.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["data-dir"] = "all processes read the same images, here below",
        ["image-size"] = "likewise",
        ["skip-damaged"] = "likewise",
        ["limit-test"] = "the evaluation at the end, by the first process alone",
        ["test-attack"] = "likewise",
        ["gap-images"] = "likewise",
        ["init-key"] = "the first process alone reads the model",
        ["dropout"] = "LaunchersStartSeveral: threads share torch's generator",
        ["dropout-mask"] = "likewise",
        ["helper-model"] = "likewise, since small-cnn has dropout",
        ["batch-size"] = "every test here",
        ["accumulate"] = "below, up to rounding",
        ["awp"] = "below: over the whole batch",
        ["awp-start"] = "likewise",
        ["replays"] = "likewise",
        ["sync-norm"] = "likewise",
        ["device"] = "refused below",
        ["checkpoint-every"] = "LaunchersStartSeveral",
    };

    /// <summary>Settings that together end in what one process has that accumulates as many parts.</summary>
    public static TheoryData<string> Alike =>
    [
        "norm=l2 epsilon=0.5 attack-step-size=0.2 attack-start=gaussian attack-loss=ce early-stop=1 divergence=js lambda=2 smoothing=0.1 "
            + "detach-weight=true nesterov=true momentum=0.8 weight-decay=0.01 decay-all=false clip-gradient=0.5 keep=last,best seed=5",
        "weight=none epsilon-ramp=2 rand-augment=1 rand-augment-magnitude=20 cutout=6 normalize=true ema-decay=0.9 ema-warm-up=true adr=true "
            + "adr-temperature=3,1 adr-share=0.5,0.6 keep=average schedule=multistep milestones=1 warm-up=1",
        "attack-noise=2 attack-steps=1 cutmix=0.5 augment=false swa-start=1 evaluate-every=2 precision=auto",
        $"init={Model} reset-head=yes freeze=1 head-rate=3 watch=6 patience=2 select-on=test",
        $"extra-data={Extra} extra-fraction=0.5 extra-limit=10 drop-duplicates=true select-on=last",
        "objective=hat gamma=0.5",
        $"objective=hat helper={Model}",
        "objective=lbgat",
        "objective=ikl-at",
        "objective=gair-trades geometry-start=1",
    ];

    [Theory, MemberData(nameof(Alike))]
    public void Ranks_are_parts(string settings)
    {
        var alone = Train(settings, 1, $"batch-size={Part} accumulate={Processes}");
        var together = Train(settings, Processes, $"batch-size={Part * Processes}");
        Assert.Equal(alone.Log, together.Log);
        Assert.Equal(alone.Files.Keys, together.Files.Keys);
        Assert.All(alone.Files, file => Assert.True(file.Value.AsSpan().SequenceEqual(together.Files[file.Key]), file.Key));
    }

    [Fact]
    public void None_is_left_out()
    {
        var seen = Alike.SelectMany(row => row.Data.Split(' ')).Concat(Plain.Split(' ')).Select(setting => setting.Split('=')[0])
            .Concat(Elsewhere.Keys).Distinct();
        Assert.Equal(Settings.All.Select(s => s.Name).Order(), seen.Order());
    }

    public static TheoryData<string> Objectives => [.. Catalog.Objectives.Keys];

    [Theory, MemberData(nameof(Objectives))]
    public void Every_objective_is_for_several(string objective)
    {
        // Free training takes its steps within a batch, of which parts are not its batches: see below.
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Objective = objective, Epochs = 2, LearningRate = 0.02, SelectOn = SelectOn.Last, GeometryStart = 1,
            AttackSteps = Catalog.Objectives[objective].Replays is null ? 2 : null,
        };
        if (objective is not ("gair-at" or "gair-trades")) options = options with { GeometryStart = null };
        if (Catalog.Objectives[objective].AttackNoise is not null || options.Method.AttackSteps == 1) options = options with { AttackSteps = null };
        Assert.Empty(ProcessesValidator.Validate(options with { BatchSize = Part * Processes }, Processes));
        if (options.Method.Replays is not null) return;
        var alone = TrainSmall(options with { BatchSize = Part, Accumulate = Processes }, 1);
        var together = TrainSmall(options with { BatchSize = Part * Processes }, Processes);
        Assert.Equal(alone.Keys, together.Keys);
        Assert.All(alone, t => Assert.True(t.Value.AsSpan().SequenceEqual(together[t.Key]), t.Key));
    }

    /// <summary>
    /// What takes the whole batch: the ascent of the weights, the replays of a batch. Several processes are a hundred times nearer to one
    /// process with the same batch than one that takes the batch in parts, whose method is another; both are measured here.
    /// </summary>
    [Theory]
    [InlineData("awp")]
    [InlineData("free")]
    [InlineData("sync-norm")]
    [InlineData("free with sync-norm")]
    [InlineData("awp with sync-norm")]
    public void Over_the_whole_batch(string variant)
    {
        // In L2, since signs make much of the last bit.
        var (free, awp, norm) = (variant.Contains("free"), variant.Contains("awp"), variant.Contains("norm"));
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Model = norm ? "tiny-cnn" : "small-cnn", SyncNorm = norm, Objective = free ? "free" : "trades", Replays = !free ? null : norm ? 1 : 3,
            AttackSteps = free ? null : 2, Awp = awp ? 0.1 : null, AwpStart = awp ? 1 : null, SwaStart = norm ? 1 : null, Threat = new(Norm.L2, 2),
            // Small steps and few: batch norms make much of a rounding, and each replay ten times as much.
            Epochs = 1, LearningRate = norm ? 0.002 : 0.02, SelectOn = SelectOn.Last, BatchSize = Part * Processes,
        };
        var whole = End(options, 1);
        var parts = End(free ? options with { BatchSize = Part } : options with { BatchSize = Part, Accumulate = Processes }, 1);
        var together = End(options, Processes);
        Assert.InRange(Distance(together, whole), 0, Distance(parts, whole) / 100);
    }

    /// <summary>With parts in each process the sums are taken in another order, and nothing else differs.</summary>
    [Fact]
    public void Accumulated_by_several()
    {
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Objective = "standard", Epochs = 1, LearningRate = 0.02, SelectOn = SelectOn.Last, BatchSize = Part,
        };
        var alone = End(options with { Accumulate = 2 * Processes }, 1);
        var together = End(options with { BatchSize = Part * Processes, Accumulate = 2 }, Processes);
        var other = End(options with { BatchSize = 2 * Part, Accumulate = Processes }, 1);
        // Each is another order of the same sums of a few steps.
        Assert.InRange(Distance(together, alone), 0, 8 * Distance(other, alone));
    }

    [Fact]
    public void What_several_do_not_do_is_refused_in_one_sentence()
    {
        var options = new TrainingOptions { Dataset = "glyphs", BatchSize = 12 };
        Assert.Equal("batch-size 12, that of all processes together, is not a multiple of their number, 5",
            Assert.Single(ProcessesValidator.Validate(options, 5)));
        Assert.Empty(ProcessesValidator.Validate(options with { Device = "cuda" }, 3));
    }

    private (string Log, SortedDictionary<string, byte[]> Files) Train(string settings, int processes, string sizes)
    {
        var given = $"{Plain} {settings} {sizes}".Split(' ').Select(p => p.Split('=')).GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.Last()[1]);
        foreach (var (name, value) in given.ToList()) given[name] = value switch { Model => inputs.Model, Extra => inputs.Extra, _ => value };
        given["data-dir"] = inputs.Folder;
        if (given.GetValueOrDefault("select-on") is not null) given.Remove("validation");
        var options = RunFile.Read(null, given.Select(g => (g.Key, g.Value)));
        using var folder = new TemporaryFolder();
        var making = new Lock();
        var ends = ThreadCommunicator.Run(processes, group =>
        {
            // Only the first process has the folder and the model.
            var own = group.IsFirst ? options : options with { Init = options.Init is null ? null : folder.File("nowhere") };
            TrainingRun run;
            lock (making) run = new TrainingRun(own, new RunFolder(folder.File(group.IsFirst ? "run" : $"nowhere-{group.Rank}")),
                resume: false, evaluates: false, fit: null, group);
            using (run) return run.Run();
        });
        Assert.All(ends, end => Assert.True(end.Fault is null, $"{end.Fault}"));
        Assert.Equal(["run"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
        var log = File.ReadLines(folder.File("run/log.jsonl")).Select(line => Regex.Replace(line, "\"(processor_)?seconds\":[^,}]*", ""));
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder.File("run"), "weights*.safetensors").Concat(Watched(folder.File("run/watch"))))
            files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        foreach (var part in Directory.Exists(folder.File("run/helper")) ? (string[])["run", "run/helper"] : ["run"])
        {
            using var checkpoint = new RunFolder(folder.File(part)).Checkpoints.LoadLatest(line => Assert.Fail(line))!;
            foreach (var (name, tensor) in checkpoint.Tensors) files[$"{part}/{name}"] = tensor.bytes.ToArray();
        }
        return (string.Join('\n', log), files);

        static IEnumerable<string> Watched(string path) => Directory.Exists(path) ? Directory.EnumerateFiles(path) : [];
    }

    /// <summary>Weights and statistics at the end, of the network and of its average.</summary>
    private static float[] End(TrainingOptions options, int processes) =>
    [
        .. TrainSmall(options, processes).Where(t => t.Key.Split('/')[0] is "network" or "average" && !t.Key.EndsWith("tracked"))
            .SelectMany(t => MemoryMarshal.Cast<byte, float>(t.Value).ToArray()),
    ];

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (one, other) => Math.Pow((double)one - other, 2)).Sum());

    private static SortedDictionary<string, byte[]> TrainSmall(TrainingOptions options, int processes)
    {
        using var folder = new TemporaryFolder();
        using var all = new Glyphs().Draw(Split.Train, 20);
        var networks = Enumerable.Range(0, processes).Select(rank => (Own: Small(options, rank), Helper: Small(options, rank + 9))).ToList();
        // A fixed helper is the same everywhere; one that is trained is sent to all.
        var needsHelper = options.AuxiliaryModel is not null;
        foreach (var (_, helper) in networks.Skip(1)) helper.CopyFrom(networks[0].Helper.State);
        var ends = ThreadCommunicator.Run(processes, group =>
        {
            var input = new TrainingInput(all, null, new Augmentation(2, true))
            {
                Group = group, Helper = needsHelper ? networks[group.Rank].Helper : null,
            };
            using var trainer = new Trainer(new TrainingSetup(options,
                new RunFolder(folder.File(group.IsFirst ? "run" : $"nowhere-{group.Rank}")), networks[group.Rank].Own, input));
            trainer.Resume();
            return trainer.Run(default);
        });
        networks.ForEach(n =>
        {
            n.Own.Dispose();
            n.Helper.Dispose();
        });
        Assert.All(ends, end => Assert.True(end.Fault is null, $"{end.Fault}"));
        using var checkpoint = new RunFolder(folder.File("run")).Checkpoints.LoadLatest(line => Assert.Fail(line))!;
        return new(checkpoint.Tensors.ToDictionary(t => t.Key, t => t.Value.bytes.ToArray()), StringComparer.Ordinal);
    }

    /// <summary>By default of two linear layers, fast and without anything that depends on the batch.</summary>
    private static Network Small(TrainingOptions options, long seed)
    {
        if (options.Model == "tiny-cnn") return Network.Create(options.Model, new InputShape(1, 28, 28), 10, Normalization.None, seed);
        lock (Inputs.Generator)
        {
            manual_seed(seed);
            return new Network("linear", new InputShape(1, 28, 28), 10, Normalization.None, () => nn.Sequential(
                ("flat", nn.Flatten()), ("fc1", nn.Linear(784, 12)), ("relu", nn.ReLU()), ("fc2", nn.Linear(12, 10))));
        }
    }

    /// <summary>A few digits, a model of them, and more of them.</summary>
    public sealed class Inputs : IDisposable
    {
        private readonly MadeFolder made = new();

        internal static readonly Lock Generator = new();

        public Inputs()
        {
            made.WriteDigits(train: 60, test: 12);
            using var set = Catalog.DataSets["fashion-mnist"].Load(Split.Test, Folder);
            using var network = Network.Create("small-cnn", new InputShape(1, 28, 28), 10, new Normalization([0.2], [0.4]), seed: 9, dropout: 0);
            NetworkFile.Save(Model, network, new Dictionary<string, string>(), set.Classes);
            using var scope = NewDisposeScope();
            Npz.Write(Extra, randint(0, 256, [12, 1, 28, 28], ScalarType.Byte, generator: new Generator(5)),
                arange(12, dtype: ScalarType.Int64) % 10, zeros(12));
        }

        public string Folder => made.Root;

        public string Model => made["model.safetensors"];

        public string Extra => made["extra.npz"];

        public void Dispose() => made.Dispose();
    }
}
