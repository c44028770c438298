using System.Globalization;
using Arow.Attacks;
using Arow.Data;
using Arow.Models;
using Arow.Objectives;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;
using static Arow.Options.Bounds;
using static Arow.Options.Setting<Arow.Training.TrainingOptions>;
using static Arow.Options.SettingUses;

namespace Arow.Training;

/// <summary>
/// All training options, a row each: run files, the command line, help, checks, studies and the options of helper networks follow from it.
/// A row says first what the option decides beyond the run (<see cref="SettingUses"/>).
/// </summary>
internal static class Settings
{
    private const string MissingModel = ", a model to start from";

    private static readonly Bounds BelowOne = new(0, 1, ExcludesMaximum: true);

    /// <summary>All rows, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting<TrainingOptions>> All =
    [
        .. WithGroup(SettingGroup.Data,
        [
            Row("dataset", Cost | Helper | Inputs | Images, "data set", o => o.Dataset, (o, v) =>
                o with { Dataset = v }, known: Catalog.DataSets.Keys, expects: "NAME"),
            PathRow("data-dir", Cost | Helper | Machine | Inputs | Images, "folder that holds its files", o => o.DataDir, (o, v) =>
                o with { DataDir = v }, expects: "DIR"),
            Row("image-size", Component | Cost | Helper | Inputs | Images | FolderOnly, "bring the photographs of a folder to a size in pixels, as 'arow data resize' does", o =>
                o.ImageSize, (o, v) => o with { ImageSize = v }, unset: "as they are: all of one size", expects: "N|WxH",
                expected: ImageSize.Expected, read: ImageSize.Parse) with { Kind = SettingKind.Text },
            Row("skip-damaged", Helper | Inputs | Images | FolderOnly, "leave out damaged images of a folder and name them", o => o.SkipDamaged, (o, v) =>
                o with { SkipDamaged = v }),
            Row("limit-train", Component | Helper | Inputs, "use N training images, drawn by the seed", o => o.LimitTrain, (o, v) =>
                o with { LimitTrain = v }, range: Count, unset: "all"),
            Row("limit-test", Helper | Inputs, "test on N images, drawn by the seed", o => o.LimitTest, (o, v) =>
                o with { LimitTest = v }, range: Count, unset: "all"),
            PathRow("extra-data", Component | Cost | Inputs, "additional training images: .npz, CIFAR's .bin, or a folder", o => o.ExtraData, (o, v) =>
                o with { ExtraData = v }, unset: "none", expects: "PATH"),
            Row("extra-fraction", Component | Cost, "share of extra images in each batch", o => o.ExtraFraction, (o, v) =>
                o with { ExtraFraction = v }, range: Share) with { Needs = "extra-data" },
            Row("extra-limit", Component | Cost | Inputs, "use N extra images, drawn by the seed", o => o.ExtraLimit, (o, v) =>
                o with { ExtraLimit = v }, range: Count, unset: "all") with { Needs = "extra-data" },
            Row("drop-duplicates", Component | Cost, "leave out extra images that nearly equal a test image", o => o.DropDuplicates, (o, v) =>
                o with { DropDuplicates = v }) with { Needs = "extra-data" },
            Row("augment", Component | Cost | Helper, "random crops and flips, the data set's standard augmentation", o => o.Augment, (o, v) =>
                o with { Augment = v }),
            Row("rand-augment", Component | Cost | Helper, "apply N random operations to each training image (rotate, solarize …)", o =>
                o.RandAugment, (o, v) => o with { RandAugment = v }, range: Count, unset: "none") with { ImplicitValue = _ => "none" },
            Row("rand-augment-magnitude", Component | Helper, "magnitude of RandAugment's operations", o => o.RandAugmentMagnitude, (o, v) =>
                o with { RandAugmentMagnitude = v }, range: new(0, RandAugment.MaxMagnitude), unset: $"{RandAugment.DefaultMagnitude}") with
            {
                Needs = "rand-augment",
            },
            Row("cutout", Component | Cost | Helper | Inputs, "side in pixels of a black square in each training image", o => o.Cutout, (o, v) =>
                o with { Cutout = v }, range: new(2), unset: "none") with { ImplicitValue = _ => "none" },
            Row("cutmix", Component | Cost | Helper, "share of training images that are mixed with a window of another image, labels included", o => o.CutMix,
                (o, v) => o with { CutMix = v }, range: new(0, 1, ExcludesMinimum: true), unset: "none") with { ImplicitValue = _ => "none" },
        ]),
        .. WithGroup(SettingGroup.Model,
        [
            Row("model", Component | Cost | Helper | Inputs, "architecture", o => o.Model, (o, v) =>
                o with { Model = v }, expects: "NAME") with
                {
                    ValueList = [.. Architectures.All.Keys], Listing = () => Wording.Current.ListArchitectures,
                    ValidateName = Architectures.ValidateName,
                },
            PathRow("init", Component | Cost, "run folder or weights of a trained model to start from: safetensors or a PyTorch state dict", o =>
                o.Init, (o, v) => o with { Init = v }, unset: "fresh weights", expects: "PATH"),
            Row("init-key", Component | Cost, "which state dict of a PyTorch checkpoint", o => o.InitKey, (o, v) =>
                o with { InitKey = v }, unset: "the standard one", expects: "NAME") with { Needs = "init", NeedsReason = MissingModel },
            Row("reset-head", Component | Cost, "reinitialize the last layer; auto: unless the model has the class names of the images", o =>
                o.ResetHead, (o, v) => o with { ResetHead = v }, unset: "auto") with { Needs = "init", NeedsReason = MissingModel },
            Row("freeze", Component | Cost, "freeze the first N layers or groups, or the named ones", o => o.Freeze, (o, v) =>
                o with { Freeze = v }, unset: "none", expects: "N|NAME,…") with { Needs = "init", NeedsReason = MissingModel },
            Row("head-rate", Component | Cost, "factor of the last layer's learning rate", o => o.HeadRate, (o, v) =>
                o with { HeadRate = v }, range: Positive, unset: "1") with { Needs = "init", NeedsReason = MissingModel },
            Row("dropout", Component | Cost | Helper, "dropout rate", o => o.Dropout, (o, v) =>
                o with { Dropout = v }, range: BelowOne, unset: "the architecture's own; small-cnn: 0.5"),
            Row("dropout-mask", Component | Cost | Helper, "dropout mask of the passes over a batch: shared, or independent as published", o =>
                o.DropoutMask, (o, v) => o with { DropoutMask = v }, unset: "shared"),
            Row("normalize", Component | Cost | Helper, "normalize by the training images' mean and standard deviation, inside the model", o =>
                o.Normalize, (o, v) => o with { Normalize = v }),
        ]),
        .. WithGroup(SettingGroup.Method,
        [
            Row("objective", Cost | Inputs, "loss to minimize", o => o.Objective, (o, v) =>
                o with { Objective = v }, known: Catalog.Objectives.Keys, expects: "NAME"),
            Row("lambda", Tuned, "λ of the paper", o => o.Lambda, (o, v) =>
                o with { Lambda = v }, range: NotNegative, unset: DescribeDefaults(m => m.Lambda)),
            Row("smoothing", Helper, "label smoothing", o => o.Smoothing, (o, v) =>
                o with { Smoothing = v }, range: BelowOne, unset: DescribeDefaults(m => m.Smoothing, usual: 0)),
            Row("adr", Component | Cost, "soften labels with predictions of the averaged weights; needs ema-decay", o => o.Adr, (o, v) =>
                o with { Adr = v }) with
            {
                Needs = "ema-decay", NeedsReason = ": the average of the weights softens the labels (0.995 as published)",
            },
            Row("adr-temperature", Component, "temperature of those predictions, from start to end of training", o => o.AdrTemperature, (o, v) =>
                o with { AdrTemperature = v }, range: Positive, unset: $"{RectifiedLabels.DefaultTemperature}", expects: "2,1",
                expected: "two numbers such as 2,1", read: ParseCosineSchedule) with { Needs = "adr" },
            Row("adr-share", Component, "largest share of those predictions in a label, from start to end of training", o => o.AdrShare, (o, v) =>
                o with { AdrShare = v }, range: Share, unset: $"{RectifiedLabels.DefaultShare}", expects: "0.7,0.95",
                expected: "two numbers such as 0.7,0.95", read: ParseCosineSchedule) with { Needs = "adr" },
            Row("weight", Cost, "sample weight of the regularizer", o => o.Weight, (o, v) =>
                o with { Weight = v }, unset: "the objective's own", known: [.. SampleWeight.All.Select(w => w.Name)], expects: "NAME"),
            Row("detach-weight", Cost, "treat the sample weight as a constant", o => o.DetachWeight, (o, v) => o with { DetachWeight = v }),
            Row("divergence", Cost, "divergence of the regularizer", o => o.Divergence, (o, v) =>
                o with { Divergence = v }, unset: "the objective's own", known: [.. Divergence.All.Select(d => d.Name)]),
            Row("gamma", None, "weight of hat's helper term", o => o.Gamma, (o, v) =>
                o with { Gamma = v }, range: NotNegative, unset: DescribeDefaults(m => m.Gamma)),
            PathRow("helper", Cost | Inputs, "run folder or weights of hat's standard helper network", o => o.Helper, (o, v) =>
                o with { Helper = v }, unset: "trained first", expects: "PATH"),
            Row("helper-model", Cost | Inputs, "architecture of a helper that is trained", o => o.HelperModel, (o, v) =>
                o with { HelperModel = v }, unset: "the model's", expects: "NAME") with { ValidateName = Architectures.ValidateName },
            Row("awp", Cost, "perturb the weights too, each layer by this fraction of its norm; 0.005 as published", o => o.Awp, (o, v) =>
                o with { Awp = v }, range: Positive, unset: "none"),
            Row("awp-start", None, "first epoch with weight perturbation", o => o.AwpStart, (o, v) =>
                o with { AwpStart = v }, range: Count, unset: "a twelfth of the run, at most 10") with { Needs = "awp" },
            Row("geometry-start", Component, "first epoch with gair's sample weights", o => o.GeometryStart, (o, v) =>
                o with { GeometryStart = v }, range: Count, unset: "5/12 of the run"),
            Row("replays", Component | Cost, "passes of free over each batch", o => o.Replays, (o, v) =>
                o with { Replays = v }, range: Count, unset: DescribeDefaults(m => m.Replays)) with { ImplicitValue = o => $"{o.Method.Replays}" },
        ]),
        .. WithGroup(SettingGroup.Attack,
        [
            Row("norm", Component | Cost | Helper, "norm of the perturbations", o => o.Threat.Norm, (o, v) =>
                o with { Threat = o.Threat with { Norm = v } }),
            Row("epsilon", Component | Helper, "size of the perturbations, on pixels in [0, 1]", o => o.Threat.Size, (o, v) =>
                o with { Threat = o.Threat with { Size = v } }) with { Check = o => o.Threat.Validate() },
            Row("epsilon-ramp", Component, "epochs over which epsilon of the training attack grows to its full size", o => o.EpsilonRamp, (o, v) =>
                o with { EpsilonRamp = v }, range: Count, unset: "none") with { ImplicitValue = _ => "none" },
            Row("attack-steps", Component | Cost | Helper, "steps of the training attack", o => o.AttackSteps, (o, v) => o with { AttackSteps = v },
                range: Count, unset: DescribeDefaults(m => m.AttackSteps, usual: 10)) with { ImplicitValue = o => $"{o.Steps}" },
            Row("attack-step-size", Tuned | Helper, "step size of the training attack", o => o.AttackStepSize, (o, v) =>
                o with { AttackStepSize = v }, range: Positive, unset: DescribeDefaults(m => m.StepShare, usual: 0.25, unit: " epsilon")),
            Row("attack-start", Component | Helper, "start of the training attack", o => o.AttackStart, (o, v) => o with { AttackStart = v }),
            Row("attack-noise", Component | Cost, "one step from uniform noise of this many epsilon, not projected back (N-FGSM)", o => o.AttackNoise, (o, v) =>
                o with { AttackNoise = v }, range: NotNegative, unset: $"none; {DescribeDefaults(m => m.AttackNoise)}") with { ImplicitValue = o =>
                    Format(o.Method.AttackNoise) ?? "none" },
            Row("attack-loss", Cost, "loss that the training attack maximizes", o => o.AttackLoss, (o, v) =>
                o with { AttackLoss = v }, unset: "the objective's own", known: [.. AttackLoss.All.Select(g => g.Name)]),
            Row("early-stop", Cost, "steps that a sample is still attacked after it is misclassified", o => o.EarlyStop, (o, v) =>
                o with { EarlyStop = v }, range: NotNegative, unset: $"never; {DescribeDefaults(m => m.EarlyStop)}"),
        ]),
        .. WithGroup(SettingGroup.Optimizer,
        [
            Row("epochs", Component | Helper, "passes over the training images", o => o.Epochs, (o, v) => o with { Epochs = v }, range: Count),
            Row("batch-size", Component | Cost | Helper | Inputs, "images of a batch", o => o.BatchSize, (o, v) => o with { BatchSize = v }, range: Count),
            Row("accumulate", Component | Cost | Helper, "batches whose gradients are accumulated for a step", o => o.Accumulate, (o, v) =>
                o with { Accumulate = v }, range: Count),
            Row("lr", Tuned | Helper, "learning rate", o => o.LearningRate, (o, v) => o with { LearningRate = v }, range: Positive,
                unset: $"{DescribeDefaults(Architectures.All, a => a.LearningRate, usual: 0.1)}; with init a tenth of it"),
            Row("momentum", Component | Helper, "momentum", o => o.Momentum, (o, v) => o with { Momentum = v }, range: BelowOne),
            Row("nesterov", Component | Helper, "use Nesterov momentum", o => o.Nesterov, (o, v) => o with { Nesterov = v }),
            Row("weight-decay", Component | Helper, "weight decay", o => o.WeightDecay, (o, v) => o with { WeightDecay = v }, range: NotNegative),
            Row("decay-all", Component | Helper, "apply weight decay to norms and biases too, as published", o => o.DecayAll, (o, v) => o with { DecayAll = v }),
            Row("clip-gradient", Component | Cost | Helper, "maximum norm of the gradient", o => o.ClipGradient, (o, v) =>
                o with { ClipGradient = v }, range: Positive, unset: "none"),
            Row("schedule", Component | Helper, "learning rate schedule", o => o.Schedule, (o, v) =>
                o with { Schedule = v }, known: [.. Schedule.ByName.Keys]),
            Row("milestones", Component | Helper, "epochs after which multistep divides the rate by ten", o => o.Milestones, (o, v) =>
                o with { Milestones = v }, range: Count, unset: "1/2 and 5/6 of the run", expects: "60,100",
                expected: "a list of epochs such as 60,100"),
            Row("warm-up", Component | Helper, "epochs during which the learning rate rises from zero", o => o.WarmUp, (o, v) =>
                o with { WarmUp = v }, range: NotNegative),
            Row("swa-start", Component, "first epoch of stochastic weight averaging", o => o.SwaStart, (o, v) =>
                o with { SwaStart = v }, range: Count, unset: "none"),
            Row("ema-decay", Component | Cost, "decay of the exponential moving average of the weights", o => o.EmaDecay, (o, v) =>
                o with { EmaDecay = v }, range: new(0, 1, ExcludesMinimum: true, ExcludesMaximum: true), unset: "none"),
            Row("ema-warm-up", Component | Cost, "start with a smaller decay, to forget the first weights sooner", o => o.EmaWarmUp, (o, v) =>
                o with { EmaWarmUp = v }) with { Needs = "ema-decay" },
        ]),
        .. WithGroup(SettingGroup.Selection,
        [
            Row("validation", Component | Helper | Inputs, "training images of the validation split, which selects the weights", o => o.Validation, (o, v) =>
                o with { Validation = v }, range: NotNegative, unset: "1024, or a tenth of few"),
            Row("select-on", Component | Cost | Helper | Inputs, "what selects the weights; test is stamped on every report", o => o.SelectOn, (o, v) =>
                o with { SelectOn = v }),
            Row("keep", None, "weights to keep and evaluate besides the selected ones", o => o.Keep, (o, v) =>
                o with { Keep = [.. v.Distinct().Order()] }, unset: "none", expects: "last,best,average",
                expected: "a list of last, best and average"),
            Row("gap-images", None, "also attack N training images at the end, for the generalization gap; 0: none", o => o.GapImages, (o, v) =>
                o with { GapImages = v }, range: NotNegative, unset: "as many as test images, at most 1000"),
            Row("evaluate-every", Component | Helper, "epochs between evaluations", o => o.EvaluateEvery, (o, v) =>
                o with { EvaluateEvery = v }, range: Count),
            Row("watch", None, "at each evaluation also record N training and N validation images, for arow analyze", o => o.Watch, (o, v) =>
                o with { Watch = v }, range: Count, unset: "none"),
            Row("patience", Component | Helper, "stop after N evaluations without a better one", o => o.Patience, (o, v) =>
                o with { Patience = v }, range: Count, unset: "never"),
            Row("test-attack", Helper, "attack of the evaluation at the end, or clean", o => o.TestAttack, (o, v) =>
                o with { TestAttack = v }, known: [NoAttack.Name, .. Catalog.Attacks.Keys], expects: "NAME"),
        ]),
        .. WithGroup(SettingGroup.Runtime,
        [
            Row("seed", Helper, "seed of everything random", o => o.Seed, (o, v) => o with { Seed = v }),
            Row("threads", Cost | Helper | Machine | Resumable, "threads of libtorch", o => o.Threads, (o, v) =>
                o with { Threads = v }, range: new(1, LibTorch.MaximumThreads), unset: "one a core"),
            Row("sync-norm", Component | Cost | Helper, "of several processes: batch norm over the images of all instead of each", o => o.SyncNorm, (o, v) =>
                o with { SyncNorm = v }),
            Row("precision", Component | Cost | Helper,
                "exact: plain modules; fast: bfloat16 products; auto: fast if the processor supports it, else the same kernels in float32", o =>
                    o.Precision, (o, v) => o with { Precision = v }),
            Row("device", Cost | Helper | Machine, "where to run", o => o.Device, (o, v) => o with { Device = v }, known: ComputeEnvironment.Devices),
            Row("checkpoint-every", Helper, "seconds between checkpoints within an epoch", o => o.CheckpointEvery, (o, v) =>
                o with { CheckpointEvery = v }, range: Positive),
        ]),
    ];

    private static IEnumerable<Setting<TrainingOptions>> WithGroup(SettingGroup group, IEnumerable<Setting<TrainingOptions>> rows) =>
        rows.Select(row => row with { Group = group });

    private static CosineSchedule? ParseCosineSchedule(string text) => CosineSchedule.Parse(text);

    private static string? Format(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The published defaults of the Catalog's objectives: "10; fgsm-rs, n-fgsm: 1".</summary>
    private static string DescribeDefaults(Func<Method, double?> value, double? usual = null, string unit = "") =>
        DescribeDefaults(Catalog.Objectives, value, usual, unit);

    private static string DescribeDefaults<T>(IReadOnlyDictionary<string, T> entries, Func<T, double?> value, double? usual, string unit = "")
    {
        var others = entries.Where(e => value(e.Value) is { } own && own != usual).GroupBy(e => value(e.Value)!.Value, e => e.Key)
            .Select(group => $"{string.Join(", ", group)}: {Format(group.Key)}{unit}");
        return string.Join("; ", usual is null ? others : others.Prepend(Format(usual) + unit));
    }
}
