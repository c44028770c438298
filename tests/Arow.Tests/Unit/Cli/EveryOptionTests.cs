using System.CommandLine;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

/// <summary>
/// That no option of the command line is read and then forgotten: each, given another value, ends in something else that is seen.
/// What the library makes of the values has tests of its own.
/// </summary>
public sealed class EveryOptionTests(SmallInputs inputs, EveryOptionTests.Known known) : IClassFixture<SmallInputs>,
IClassFixture<EveryOptionTests.Known>
{
    /// <summary>Weights that do not say what they are of.</summary>
    private const string Bare = "MODEL={states} --model=tiny-cnn --input=1x28x28 --classes=10";

    private const string Attacked = "--attack=pgd10 --steps=2";

    /// <summary>What is given to each command, where a row says nothing else.</summary>
    private static readonly Dictionary<string, string> Plain = new()
    {
        ["evaluate"] = "MODEL={weights} --dataset=fashion-mnist --data-dir={digits} --attack=clean --epsilon=4/255 --threads=1 --output={out}/here",
        ["analyze"] = "MODEL={weights} --dataset=fashion-mnist --data-dir={digits} --attack=fgsm --epsilon=4/255 --landscape=0 --threads=1 "
            + "--output={out}/here",
        ["predict"] = "MODEL={weights} PATH={pictures} --threads=1",
        ["export"] = "MODEL={weights} --format=onnx --output={out}/model",
        ["models"] = "",
        ["compare"] = "STUDY={study} --data-dir={digits} --threads=1 --output={out}/here",
        ["pseudo-label"] = "MODEL={weights} --images={npz} --output={out}/labelled.npz",
        ["data fetch"] = "NAME=fashion-mnist --data-dir={nothing} --from={mirror}",
        ["data verify"] = "NAME=fashion-mnist --data-dir={digits}",
        ["data resize"] = "FOLDER={pictures} --size=5 --output={out}/here",
        ["data preview"] = "NAME=fashion-mnist --data-dir={digits} --output={out}/picture.png --columns=1",
    };

    /// <summary>What is seen elsewhere, and where; the rest must be below.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["--help"] = "HelpIsEverywhere",
        ["help COMMAND"] = "HelpTextTests",
        ["--version"] = "below, by itself",
        ["evaluate --resume"] = "EvaluationsUnderWay: it needs something to go on with",
        ["analyze --resume"] = "EvaluationsAreShared: it needs something to go on with",
        ["predict --resume"] = "EvaluationsAreShared: it needs something to go on with",
        ["evaluate --image-size"] = "ResizedRunTests",
        ["analyze --image-size"] = "ResizedRunTests, by the same reading of the model",
        ["data pack FOLDER"] = "PackedImagesTests, with the next three",
        ["data pack --output"] = "PackedImagesTests",
        ["data pack --image-size"] = "PackedImagesTests",
        ["data pack --skip-damaged"] = "PackedImagesTests",
        ["evaluate --save-adversarial"] = "NamedImagesTests",
        ["evaluate --skip-damaged"] = "PhotographFoldersTests, with the next two",
        ["analyze --skip-damaged"] = "PhotographFoldersTests",
        ["data resize --skip-damaged"] = "PhotographFoldersTests",
        ["data verify --image-size"] = "PhotographFoldersTests, with the next three",
        ["data verify --skip-damaged"] = "PhotographFoldersTests",
        ["data preview --image-size"] = "PhotographFoldersTests",
        ["data preview --skip-damaged"] = "PhotographFoldersTests",
        ["predict --batch-size"] = "PredictorTests: it changes no result",
        ["serve MODEL"] = "ServesAModel, with the next five",
        ["serve --port"] = "ServesAModel",
        ["serve --host"] = "ServesAModel",
        ["serve --top"] = "ServesAModel",
        ["serve --time-limit"] = "ServesAModel",
        ["serve --threads"] = "ServesAModel",
        ["serve --input"] = "the row of predict, which opens the model alike",
        ["serve --classes"] = "the row of predict, which opens the model alike",
        ["serve --model"] = "the row of predict, which opens the model alike",
        ["serve --device"] = "the row of predict, which opens the model alike",
        ["serve --key"] = "the row of predict, which opens the model alike",
        ["serve --mean"] = "the row of predict, which opens the model alike",
        ["serve --std"] = "the row of predict, which opens the model alike",
        ["serve --ignore-keys"] = "the row of predict, which opens the model alike",
        ["serve --output-name"] = "the row of predict, which opens the model alike",
        ["serve --class-names"] = "ServesAModel",
        ["train RUNFILE"] = "TrainThenEvaluate, with the next three",
        ["train --output"] = "TrainThenEvaluate",
        ["train --resume"] = "TrainThenEvaluate",
        ["completion SHELL"] = "ShellsComplete",
        ["train --dry-run"] = "TrainThenEvaluate",
        ["train --json"] = "TrainThenEvaluate",
        ["compare-evaluations A"] = "EvaluationsUnderWay, with the next two",
        ["compare-evaluations B"] = "EvaluationsUnderWay",
        ["compare-evaluations --output"] = "EvaluationsUnderWay",
        ["compare-evaluations --json"] = "EvaluationsUnderWay",
        ["report DIR"] = "EvaluationsUnderWay, with the next two",
        ["report --output"] = "EvaluationsUnderWay",
        ["report --json"] = "EvaluationsUnderWay",
        ["quickstart --output"] = "KilledAndResumed",
    };

    /// <summary>What commands of long work say, which is seen in SaysAsMuchAsAsked.</summary>
    private static IEnumerable<string> Spoken =>
        from command in (string[])["train", "evaluate", "analyze", "compare", "predict"]
        from option in (string[])["--quiet", "--verbose", "--log-file"]
        select $"{command} {option}";

    /// <summary>A command, what else it is given, the option or argument, its other value, and where that is seen.</summary>
    public static TheoryData<string, string, string, string, string> Changes => new()
    {
        { "evaluate", "", "MODEL", "{other-weights}", "here/rows.tsv" },
        { "evaluate", "", "--attack", "fgsm", "here/rows.tsv" },
        { "evaluate", "", "--output", "{out}/there", "last line" },
        { "evaluate", "", "--json", "", "last line" },
        { "evaluate", "MODEL={states} --model=tiny-cnn", "--model", "small-cnn", "exit" },
        // Classes of other names are refused.
        { "evaluate", "", "--dataset", "mnist", "exit" },
        { "evaluate", "", "--data-dir", "{other-digits}", "here/rows.tsv" },
        { "evaluate", Attacked, "--norm", "l2", "here/rows.tsv" },
        { "evaluate", Attacked, "--epsilon", "5/255", "here/rows.tsv" },
        { "evaluate", "", "--limit", "3", "here/rows.tsv" },
        { "evaluate", $"{Attacked} --randomness=published", "--batch-size", "4", "here/rows.tsv" },
        { "evaluate", Attacked, "--seed", "1", "here/rows.tsv" },
        { "evaluate", "--limit=3", "--seed", "1", "here/rows.tsv" },
        { "evaluate", "", "--threads", "2", "threads" },
        { "evaluate", "", "--device", "cuda", "exit" },
        { "evaluate", Attacked, "--restarts", "2", "here/rows.tsv" },
        { "evaluate", Attacked, "--steps", "3", "here/rows.tsv" },
        { "evaluate", "--attack=square --queries=3", "--queries", "6", "here/rows.tsv" },
        { "evaluate", "--attack=apgd-t --steps=2 --epsilon=0 --targets=1", "--targets", "2", "here/summary.json attacks.0.passes_per_image" },
        { "evaluate", Attacked, "--randomness", "published", "here/rows.tsv" },
        { "evaluate", "", "--precision", "exact", "here/summary.json subject.precision" },
        { "evaluate", Attacked, "--quantize", "", "here/summary.json quantized" },
        { "evaluate", "--attack=pgd10,fgsm --epsilon=0.3", "--stop-below", "0.95", "here/summary.json ended_early" },
        { "evaluate", "", "--fail-under", "0.99", "exit" },
        { "evaluate", "", "--fail-under-balanced", "0.99", "exit" },
        { "evaluate", "", "--class-names", "ankle_boot,bag,sneaker,shirt,sandal,coat,dress,pullover,trouser,t-shirt", "here/rows.tsv" },
        { "evaluate", "MODEL={states} --model=tiny-cnn --key=state_dict", "--key", "ema", "here/rows.tsv" },
        { "evaluate", "MODEL={states} --model=tiny-cnn", "--ignore-keys", "fc.*", "exit" },
        { "evaluate", "", "--output-name", "logits", "exit" },
        { "evaluate", "--mean=0 --std=1", "--mean", "0.2", "here/rows.tsv" },
        { "evaluate", "--mean=0 --std=1", "--std", "0.5", "here/rows.tsv" },
        { "evaluate", Attacked, "--surrogate", "{other-weights}", "here/rows.tsv" },
        { "evaluate", "--surrogate={states} --surrogate-model=tiny-cnn", "--surrogate-model", "small-cnn", "exit" },

        { "analyze", "", "MODEL", "{other-weights}", "here/rows.tsv" },
        { "analyze", "", "--attack", "pgd10", "here/rows.tsv" },
        { "analyze", "", "--output", "{out}/there", "last line" },
        { "analyze", "", "--json", "", "last line" },
        { "analyze", "MODEL={states} --model=tiny-cnn", "--model", "small-cnn", "exit" },
        { "analyze", "", "--dataset", "mnist", "exit" },
        { "analyze", "", "--data-dir", "{other-digits}", "here/rows.tsv" },
        { "analyze", "", "--norm", "l2", "here/rows.tsv" },
        { "analyze", "", "--epsilon", "5/255", "here/rows.tsv" },
        { "analyze", "", "--limit", "3", "here/rows.tsv" },
        // It changes no result, and how long it takes is not to be seen.
        { "analyze", "", "--batch-size", "4", "here/analysis.json model.subject.batch_size" },
        { "analyze", "--attack=pgd10", "--seed", "1", "here/rows.tsv" },
        { "analyze", "--limit=3", "--seed", "1", "here/analysis.json model.subject.data_sha256" },
        { "analyze", "", "--threads", "2", "threads" },
        { "analyze", "", "--device", "cuda", "exit" },
        { "analyze", "", "--split", "train", "here/rows.tsv" },
        { "analyze", "", "--against", "{other-weights}", "here/analysis.json comparison" },
        { "analyze", "--against={states} --against-model=tiny-cnn", "--against-model", "small-cnn", "exit" },
        { "analyze", "--landscape=2 --epsilons=0 --steps=0", "--landscape", "3", "here/analysis.json curve_images" },
        { "analyze", "--landscape=2 --epsilons=0 --steps=0", "--epsilons", "0,1/255", "here/analysis.json model.epsilons" },
        { "analyze", "--landscape=2 --epsilons=0 --steps=0", "--steps", "0,1", "here/analysis.json model.steps" },
        { "analyze", "MODEL={states} --model=tiny-cnn --key=state_dict", "--key", "ema", "here/rows.tsv" },
        { "analyze", "MODEL={states} --model=tiny-cnn", "--ignore-keys", "fc.*", "exit" },
        { "analyze", "", "--output-name", "logits", "exit" },
        { "analyze", "--mean=0 --std=1", "--mean", "0.2", "here/rows.tsv" },
        { "analyze", "--mean=0 --std=1", "--std", "0.5", "here/rows.tsv" },
        { "analyze", "", "--class-names", "ankle_boot,bag,sneaker,shirt,sandal,coat,dress,pullover,trouser,t-shirt", "here/rows.tsv" },

        { "predict", "", "MODEL", "{other-weights}", "output" },
        { "predict", "", "PATH", "{other-pictures}", "output" },
        { "predict", "", "--from-file", "{list}", "output" },
        { "predict", "", "--top", "2", "output" },
        { "predict", "", "--json", "", "output" },
        { "predict", "", "--output", "{out}/lines", "output" },
        { "predict", "", "--abstain-below", "1", "output" },
        { "predict", "", "--withstands", "8/255", "output" },
        { "predict", "--withstands=8/255 --json=", "--norm", "l2", "output" },
        { "predict", "", "--threads", "2", "threads" },
        { "predict", "", "--device", "cuda", "exit" },
        { "predict", "", "--class-names", "a,b,c,d,e,f,g,h,i,j", "output" },
        { "predict", Bare, "--model", "small-cnn", "exit" },
        { "predict", Bare, "--input", "3x28x28", "exit" },
        { "predict", Bare, "--classes", "9", "exit" },
        { "predict", $"{Bare} --key=state_dict", "--key", "ema", "output" },
        { "predict", Bare, "--ignore-keys", "fc.*", "exit" },
        { "predict", "", "--output-name", "logits", "exit" },
        { "predict", "--mean=0 --std=1", "--mean", "0.2", "output" },
        { "predict", "--mean=0 --std=1", "--std", "0.5", "output" },

        { "models", "", "NAME", "tiny-cnn", "output" },

        { "export", "", "MODEL", "{other-weights}", "model" },
        { "export", "", "--format", "pytorch", "model" },
        { "export", "", "--output", "{out}/there", "last line" },
        { "export", "", "--keep-batch-norm", "", "model" },
        { "export", "", "--probabilities", "", "model" },
        { "export", "", "--device", "cuda", "exit" },
        { "export", "", "--class-names", "a,b,c,d,e,f,g,h,i,j", "model" },
        { "export", Bare, "--model", "small-cnn", "exit" },
        { "export", Bare, "--input", "1x20x20", "model" },
        { "export", Bare, "--classes", "9", "exit" },
        { "export", $"{Bare} --key=state_dict", "--key", "ema", "model" },
        { "export", Bare, "--ignore-keys", "fc.*", "exit" },
        { "export", "", "--output-name", "logits", "exit" },
        { "export", "--mean=0 --std=1", "--mean", "0.2", "model" },
        { "export", "--mean=0 --std=1", "--std", "0.5", "model" },

        { "compare", "", "STUDY", "{other-study}", "here/runs/plain-seed0/evaluation-clean/rows.tsv" },
        { "compare", "", "--output", "{out}/there", "last line" },
        { "compare", "", "--dry-run", "", "last line" },
        { "compare", "--dry-run=", "--processes", "3", "last line" },
        { "compare", "", "--pack", "", "last line" },
        { "compare", "--output={out}", "--report-only", "", "output" },
        { "compare", "", "--json", "", "last line" },
        { "compare", "", "--data-dir", "{other-digits}", "here/runs/plain-seed0/evaluation-clean/rows.tsv" },
        { "compare", "", "--threads", "2", "threads" },
        { "compare", "", "--device", "cuda", "exit" },

        { "pseudo-label", "", "MODEL", "{other-weights}", "labelled.npz confidence.npy" },
        { "pseudo-label", "", "--images", "{other-npz}", "labelled.npz image.npy" },
        { "pseudo-label", "", "--output", "{out}/elsewhere.npz", "last line" },
        { "pseudo-label", "", "--min-confidence", "0.108", "labelled.npz image.npy" },
        { "pseudo-label", "", "--limit", "5", "labelled.npz image.npy" },
        { "pseudo-label", "--limit=5", "--seed", "1", "labelled.npz image.npy" },
        { "pseudo-label", "", "--device", "cuda", "exit" },
        { "pseudo-label", "", "--class-names", "a,b,c,d,e,f,g,h,i,j", "labelled.npz class_names.txt" },

        { "data fetch", "", "NAME", "cifar10", "exit" },
        { "data fetch", "", "--data-dir", "{taken}", "exit" },
        { "data fetch", "", "--from", "{other-mirror}", "exit" },

        { "data verify", "", "NAME", "cifar10", "exit" },
        { "data verify", "", "--data-dir", "{other-digits}", "output" },

        { "data resize", "", "FOLDER", "{other-pictures}", "here/a.png" },
        { "data resize", "", "--size", "5x4", "here/a.png" },
        { "data resize", "", "--output", "{out}/there", "last line" },
        { "data resize", "FOLDER={clear-pictures} --background=white", "--background", "#0080ff", "here/a.png" },

        { "data preview", "", "NAME", "cifar10", "exit" },
        { "data preview", "", "--data-dir", "{other-digits}", "picture.png" },
        { "data preview", "", "--output", "{out}/another.png", "last line" },
        { "data preview", "", "--seed", "1", "picture.png" },
        { "data preview", "", "--columns", "2", "picture.png" },
        { "data preview", "", "--test", "", "picture.png" },
    };

    [Theory, MemberData(nameof(Changes))]
    public void Another_value_ends_in_something_else(string command, string with, string option, string value, string seen)
    {
        Assert.SkipWhen(value == "cuda" && cuda.is_available(), "that there is no such device is how it is seen");
        var given = Given(command, with);
        var before = known.GetOrAdd(command + with, () => inputs.Run(command, given)).See(seen);
        Assert.NotEqual(before, inputs.Run(command, new Dictionary<string, string>(given) { [option] = value }).See(seen));
    }

    /// <summary>Otherwise it would mean nothing that another value ends in something else.</summary>
    [Fact]
    public void The_same_values_end_in_the_same()
    {
        foreach (var row in Changes.Select(row => row.Data).Where(row => row.Item2 is "" or Attacked)
            .GroupBy(row => (Command: row.Item1, With: row.Item2)))
        {
            var given = Given(row.Key.Command, row.Key.With);
            var before = known.GetOrAdd(row.Key.Command + row.Key.With, () => inputs.Run(row.Key.Command, given));
            var again = inputs.Run(row.Key.Command, given);
            foreach (var seen in row.Select(r => r.Item5).Distinct()) Assert.Equal(before.See(seen), again.See(seen));
        }
    }

    [Fact]
    public void None_is_left_out() => Assert.Equal(
        Names(Commands.Create(), "").Except(Settings.All.Select(s => $"train --{s.Name}")).Order(),
        Changes.Select(row => $"{row.Data.Item1} {row.Data.Item3}").Distinct().Concat(Elsewhere.Keys).Concat(Spoken).Order());

    [Fact]
    public void The_version_is_said() => Assert.Matches(@"^\d+\.\d+", Ended.Of("nowhere", "--version").See("output"));

    private static IEnumerable<string> Names(Command command, string path) =>
    [
        .. command.Arguments.Select(a => path + a.Name), .. command.Options.Select(o => path + o.Name),
        .. command.Subcommands.SelectMany(c => Names(c, $"{path}{c.Name} ")),
    ];

    private static Dictionary<string, string> Given(string command, string with) =>
        $"{Plain[command]} {with}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=', 2))
            .GroupBy(word => word[0], word => word[1]).ToDictionary(g => g.Key, g => g.Last());

    /// <summary>What the values that others are held against end in: most are the same.</summary>
    public sealed class Known
    {
        private readonly Dictionary<string, Ended> ended = [];

        internal Ended GetOrAdd(string line, Func<Ended> run) => ended.TryGetValue(line, out var before) ? before : ended[line] = run();
    }
}
