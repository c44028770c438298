using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Training;

/// <summary>That no setting is accepted and then forgotten: each, given another value, ends in another run.</summary>
public sealed class EverySettingTests(EverySettingTests.Digits digits) : IClassFixture<EverySettingTests.Digits>
{
    private const string Plain =
        "dataset=fashion-mnist model=tiny-cnn limit-train=24 validation=8 batch-size=8 epochs=2 attack-steps=2 lr=0.05 schedule=constant "
            + "precision=exact threads=1";

    /// <summary>Stands for the file of a trained model.</summary>
    private const string Model = "MODEL";

    /// <summary>What is seen elsewhere, and where; the rest of the settings must be below.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["data-dir"] = "the tests of the data sets",
        ["image-size"] = "ResizedRunTests",
        ["skip-damaged"] = "PhotographFoldersTests",
        ["init-key"] = "FineTuningTests",
        ["extra-data"] = "WiringTests, with what belongs to it",
        ["extra-fraction"] = "WiringTests",
        ["extra-limit"] = "ExtraImagesTests",
        ["drop-duplicates"] = "WiringTests",
        ["helper"] = "WiringTests",
        ["limit-test"] = "the evaluation at the end, which is no training: TrainThenEvaluate",
        ["test-attack"] = "likewise",
        ["gap-images"] = "likewise: KeptWeightsTests",
        ["keep"] = "files of their own: KeptWeightsTests",
        ["sync-norm"] = "EveryOptionOfProcessesTests: it needs several",
        ["threads"] = "changes how fast and not what",
        ["device"] = "needs another device",
        ["checkpoint-every"] = "changes how much is lost and not what comes out: TrainerTests",
    };

    public static TheoryData<string, string, string> Changes => new()
    {
        { "dataset", "", "glyphs" },
        { "limit-train", "", "20" },
        { "augment", "", "false" },
        { "model", "", "small-cnn" },
        { "init", "", Model },
        { "reset-head", $"init={Model}", "yes" },
        { "freeze", $"init={Model}", "1" },
        { "head-rate", $"init={Model}", "3" },
        { "dropout", "model=small-cnn", "0.1" },
        { "dropout-mask", "model=small-cnn", "independent" },
        { "normalize", "", "true" },
        { "objective", "", "trades" },
        { "lambda", "", "1" },
        { "smoothing", "", "0" },
        { "weight", "", "none" },
        { "detach-weight", "", "true" },
        { "divergence", "", "js" },
        { "gamma", "objective=hat", "1" },
        { "helper-model", "objective=lbgat", "small-cnn" },
        { "awp", "", "0.01" },
        { "awp-start", "awp=0.01", "2" },
        { "geometry-start", "objective=gair-at", "2" },
        { "replays", "objective=free", "2" },
        { "norm", "epsilon=8/255", "l2" },
        { "epsilon", "", "4/255" },
        { "epsilon-ramp", "", "2" },
        { "attack-steps", "", "3" },
        { "attack-step-size", "", "1/255" },
        { "attack-start", "", "gaussian" },
        { "attack-noise", "attack-steps=1", "2" },
        { "rand-augment", "", "2" },
        { "rand-augment-magnitude", "rand-augment=2", "25" },
        { "cutout", "", "8" },
        { "cutmix", "", "0.5" },
        { "adr", "ema-decay=0.9", "true" },
        { "adr-temperature", "ema-decay=0.9 adr=true", "4,1" },
        { "adr-share", "ema-decay=0.9 adr=true", "0.2,0.3" },
        { "attack-loss", "", "ce" },
        { "early-stop", "", "0" },
        { "epochs", "", "3" },
        { "batch-size", "", "16" },
        { "accumulate", "", "2" },
        { "lr", "", "0.02" },
        { "momentum", "", "0.5" },
        { "nesterov", "", "true" },
        { "weight-decay", "", "0.1" },
        { "decay-all", "weight-decay=0.1", "false" },
        { "clip-gradient", "", "0.1" },
        { "schedule", "", "cosine" },
        { "milestones", "schedule=multistep epochs=3", "2" },
        { "warm-up", "", "1" },
        { "swa-start", "", "1" },
        { "ema-decay", "", "0.9" },
        { "ema-warm-up", "ema-decay=0.9", "true" },
        { "validation", "", "6" },
        { "select-on", "", "last" },
        { "evaluate-every", "", "2" },
        { "watch", "", "8" },
        { "patience", "lr=1e-9 epochs=4", "1" },
        { "seed", "", "1" },
        { "precision", "", "fast" },
    };

    [Theory, MemberData(nameof(Changes))]
    public void Another_value_ends_in_another_run(string setting, string with, string value)
    {
        var given = $"{Plain} {with}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).ToLookup(p => p[0], p => p[1])
            .ToDictionary(g => g.Key, g => g.Last());
        if (with.Contains("objective=free", StringComparison.Ordinal)) given.Remove("attack-steps");
        given["data-dir"] = digits.Folder;
        if (value == Model) value = digits.Model;
        if (given.ContainsKey("init")) given["init"] = digits.Model;
        if (value == "last") given.Remove("validation");
        var known = digits.Outcomes.GetOrAdd($"{with} {given.Count}", _ => new(() => Outcome(given))).Value;
        Assert.NotEqual(known, Outcome(new Dictionary<string, string>(given) { [setting] = value }));
    }

    [Fact]
    public void The_same_values_end_in_the_same_run()
    {
        var given = Plain.Split(' ').Select(p => p.Split('=')).Append(["data-dir", digits.Folder]).ToDictionary(p => p[0], p => p[1]);
        Assert.Equal(Outcome(given), Outcome(given));
    }

    [Fact]
    public void None_is_left_out() =>
        Assert.Equal(Settings.All.Select(s => s.Name).Order(), Changes.Select(c => c.Data.Item1).Concat(Elsewhere.Keys).Order());

    /// <summary>The selected weights, and what the log says of each epoch but for the time it took.</summary>
    private static string Outcome(Dictionary<string, string> given)
    {
        using var folder = new TemporaryFolder();
        using (var run = new TrainingRun(RunFile.Read(null, given.Select(g => (g.Key, g.Value))), new RunFolder(folder.File("run")))) run.Run();
        var log = File.ReadLines(folder.File("run/log.jsonl")).Select(line => Regex.Replace(line, "\"(processor_)?seconds\":[^,}]*", ""));
        // Of the weights' file the tensors alone: notes may name settings.
        var (network, _) = NetworkFile.Load(folder.File("run/weights.safetensors"));
        using (network)
        {
            var bytes = network.State.SelectMany(s => s.Value.to(ScalarType.Float32).contiguous().data<float>().ToArray())
                .Select(BitConverter.SingleToInt32Bits);
            return string.Join('\n', log) + "\n" + string.Join(' ', bytes.Take(100_000).Select(b => $"{b:x}"));
        }
    }

    /// <summary>A few digits.</summary>
    public sealed class Digits : IDisposable
    {
        private readonly MadeFolder made = new();

        /// <summary>What the values that others are held against end in: most are the same.</summary>
        public ConcurrentDictionary<string, Lazy<string>> Outcomes { get; } = [];

        public Digits()
        {
            made.WriteDigits(train: 60, test: 20);
            using var set = Catalog.DataSets["fashion-mnist"].Load(Split.Test, Folder);
            using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, seed: 9);
            NetworkFile.Save(Model, network, new Dictionary<string, string>(), set.Classes);
        }

        public string Folder => made.Root;

        /// <summary>A network for these digits.</summary>
        public string Model => made["model.safetensors"];

        public void Dispose() => made.Dispose();
    }
}
