using Arow.Checkpoints;
using Arow.Objectives;
using static Arow.Training.Setting;

namespace Arow.Training;

/// <summary>
/// The names of all training options: one line each serves run files, the command line and their help.
/// </summary>
public static class Settings
{
    /// <summary>All of them, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Word("dataset", "NAME", $"data set: {Catalog.Names(Catalog.DataSets)}", o => o.Dataset, (o, v) => o with { Dataset = v }),
        Word("data-dir", "DIR", "folder that holds its files", o => o.DataDir, (o, v) => o with { DataDir = v }),
        Whole("limit-train", "use N training images, drawn by the seed", o => o.LimitTrain, (o, v) => o with { LimitTrain = v }),
        Whole("limit-test", "test on N images, drawn by the seed", o => o.LimitTest, (o, v) => o with { LimitTest = v }),
        Word("extra-data", "PATH", "more images to train on: .npz, CIFAR's .bin, or a folder [none]", o => o.ExtraData, (o, v) => o with { ExtraData = v }),
        Number("extra-fraction", "their share of each batch, in [0, 1] [0.7]", o => o.ExtraFraction, (o, v) => o with { ExtraFraction = v }),
        Whole("extra-limit", "use N of them, drawn by the seed [all]", o => o.ExtraLimit, (o, v) => o with { ExtraLimit = v }),
        Flag("drop-duplicates", "leave out those that all but show a test image [false]", o => o.DropDuplicates, (o, v) => o with { DropDuplicates = v }),
        Flag("augment", "random crops and flips as the data set's habit is [true]", o => o.Augment, (o, v) => o with { Augment = v }),
        Whole("rand-augment", "do N random operations to each training image (rotate, solarize …) [none]", o => o.RandAugment, (o, v) => o with { RandAugment = v }),
        Whole("rand-augment-magnitude", "how strongly, in [0, 30] [9]", o => o.RandAugmentMagnitude, (o, v) => o with { RandAugmentMagnitude = v }),
        Whole("cutout", "a black square of so many pixels in each training image [none]", o => o.Cutout, (o, v) => o with { Cutout = v }),
        Number("cutmix", "share of the training images that get a window of another one, and of its label, in (0, 1] [none]", o => o.CutMix, (o, v) => o with { CutMix = v }),

        Word("model", "NAME", $"architecture [small-cnn]: {Catalog.ArchitectureNames}", o => o.Model, (o, v) => o with { Model = v }),

        Word("init", "PATH", "run folder or weights of a trained model to begin with: safetensors or a PyTorch state dict [fresh weights]", o => o.Init, (o, v) => o with { Init = v }),
        Word("init-key", "NAME", "which state dict of a PyTorch checkpoint [the usual one]", o => o.InitKey, (o, v) => o with { InitKey = v }),
        OpenChoice<HeadReset>("reset-head", "make the last layer anew; auto: unless the model knows the classes of the images by name [auto]", o => o.ResetHead, (o, v) => o with { ResetHead = v }),
        Word("freeze", "N|NAME,…", "hold the first N layers or groups fixed, or those that are named [none]", o => o.Freeze, (o, v) => o with { Freeze = v }),
        Number("head-rate", "what the learning rate of the last layer is multiplied by [1]", o => o.HeadRate, (o, v) => o with { HeadRate = v }),
        Number("dropout", "the rate of its dropout, in [0, 1) [the architecture's own; small-cnn: 0.5]", o => o.Dropout, (o, v) => o with { Dropout = v }),
        OpenChoice<DropoutMask>("dropout-mask", "units left out in the passes of a batch: the same, or others in each as published [shared]", o => o.DropoutMask, (o, v) => o with { DropoutMask = v }),
        Flag("normalize", "normalise by the training images' mean and deviation, inside the model [false]", o => o.Normalize, (o, v) => o with { Normalize = v }),

        Word("objective", "NAME", $"what is minimised [arow]: {Catalog.Names(Catalog.Objectives)}", o => o.Objective, (o, v) => o with { Objective = v }),
        Number("lambda", "λ of the paper [arow, cow: 3.5; trades, hat, lbgat: 6; mart: 5; ikl-at: 4; alp: 0.5]", o => o.Lambda, (o, v) => o with { Lambda = v }),
        Number("smoothing", "label smoothing in [0, 1) [arow, cow, trades-ls: 0.2]", o => o.Smoothing, (o, v) => o with { Smoothing = v }),
        Flag("adr", "soften labels by what the average of the weights predicts; needs ema-decay [false]", o => o.Adr, (o, v) => o with { Adr = v }),
        new("adr-temperature", "2,1", "temperature of its predictions, from the beginning to the end [2,1]",
            o => o.AdrTemperature?.ToString(), (o, text) => CosineCourse.Parse(text) is { } course ? o with { AdrTemperature = course } : null),
        new("adr-share", "0.7,0.95", "the greatest part that they have in a label [0.7,0.95]",
            o => o.AdrShare?.ToString(), (o, text) => CosineCourse.Parse(text) is { } course ? o with { AdrShare = course } : null),
        Word("weight", "NAME", $"how much each sample is regularized [the objective's own]: {string.Join(' ', Weight.All.Select(w => w.Name))}", o => o.Weight, (o, v) => o with { Weight = v }),
        Flag("detach-weight", "take that weight as a constant [false]", o => o.DetachWeight, (o, v) => o with { DetachWeight = v }),
        Word("divergence", "kl|revkl|js|mse|ikl", "how far predictions have moved, in the regularizer [the objective's own]", o => o.Divergence, (o, v) => o with { Divergence = v }),
        Number("gamma", "how much the helper of hat counts [0.25]", o => o.Gamma, (o, v) => o with { Gamma = v }),
        Word("helper", "PATH", "run folder or weights of the standard network that helps hat [trained first]", o => o.Helper, (o, v) => o with { Helper = v }),
        Word("helper-model", "NAME", "architecture of the helper that is trained [the model's]", o => o.HelperModel, (o, v) => o with { HelperModel = v }),
        Number("awp", "perturb the weights too, each layer by this part of its norm; 0.005 as published [none]", o => o.Awp, (o, v) => o with { Awp = v }),
        Whole("awp-start", "first epoch that does [a twelfth of the run, at most 10]", o => o.AwpStart, (o, v) => o with { AwpStart = v }),
        Whole("geometry-start", "first epoch in which gair weighs samples [5/12 of the run]", o => o.GeometryStart, (o, v) => o with { GeometryStart = v }),
        Whole("replays", "how often free goes through each batch [8]", o => o.Replays, (o, v) => o with { Replays = v }),

        Choice("norm", "norm of the perturbations [linf]", o => o.Norm, (o, v) => o with { Norm = v }),
        Fraction("epsilon", "their size, on pixels in [0, 1] [8/255]", o => o.Epsilon, (o, v) => o with { Epsilon = v }),
        Whole("epsilon-ramp", "epochs over which epsilon of the training attack grows to what it is [none]", o => o.EpsilonRamp, (o, v) => o with { EpsilonRamp = v }),
        Whole("attack-steps", "steps of the training attack [10; fgsm-rs, n-fgsm: 1]", o => o.AttackSteps, (o, v) => o with { AttackSteps = v }),
        Fraction("attack-step-size", "length of a step [epsilon/4; fgsm-rs: 1.25 epsilon; free, n-fgsm: epsilon]", o => o.AttackStepSize, (o, v) => o with { AttackStepSize = v }),
        Choice("attack-start", "where it starts [uniform]", o => o.AttackStart, (o, v) => o with { AttackStart = v }),
        Number("attack-noise", "one step from noise of so many epsilon, not projected back (N-FGSM) [none; n-fgsm: 2]", o => o.AttackNoise, (o, v) => o with { AttackNoise = v }),
        Word("attack-loss", "ce|kl|revkl|js|margin", "what it maximises [what the objective asks for]", o => o.AttackLoss, (o, v) => o with { AttackLoss = v }),
        Whole("early-stop", "let a sample go so many steps after it is fooled [never; fat-at, fat-trades: 5; fat-arow: 2]", o => o.EarlyStop, (o, v) => o with { EarlyStop = v }),

        Whole("epochs", "passes over the training images [120]", o => o.Epochs, (o, v) => o with { Epochs = v }),
        Whole("batch-size", "images in a step [128]", o => o.BatchSize, (o, v) => o with { BatchSize = v }),
        Whole("accumulate", "batches whose gradients make up a step [1]", o => o.Accumulate, (o, v) => o with { Accumulate = v }),
        Number("lr", "learning rate [0.1; small-cnn, small-cnn-plain: 0.01; with init a tenth of it]", o => o.LearningRate, (o, v) => o with { LearningRate = v }),
        Number("momentum", "momentum in [0, 1) [0.9]", o => o.Momentum, (o, v) => o with { Momentum = v }),
        Flag("nesterov", "Nesterov's form of momentum [false]", o => o.Nesterov, (o, v) => o with { Nesterov = v }),
        Number("weight-decay", "weight decay [0.0005]", o => o.WeightDecay, (o, v) => o with { WeightDecay = v }),
        Flag("decay-all", "decay norms and biases too, as published [true]", o => o.DecayAll, (o, v) => o with { DecayAll = v }),
        Number("clip-gradient", "largest norm of the gradient [none]", o => o.ClipGradient, (o, v) => o with { ClipGradient = v }),
        Word("schedule", "constant|multistep|cosine|cyclic|one-cycle", "course of the learning rate [multistep]", o => o.Schedule, (o, v) => o with { Schedule = v }),
        new("milestones", "60,100", "epochs after which multistep divides the rate by ten [1/2 and 5/6 of the run]",
            o => o.Milestones is { } m ? string.Join(',', m) : null, Milestones),
        Number("warm-up", "epochs during which the rate rises from zero [0]", o => o.WarmUp, (o, v) => o with { WarmUp = v }),
        Whole("swa-start", "first epoch of the stochastic weight average [none]", o => o.SwaStart, (o, v) => o with { SwaStart = v }),
        Number("ema-decay", "decay of the exponential moving average of the weights [none]", o => o.EmaDecay, (o, v) => o with { EmaDecay = v }),
        Flag("ema-warm-up", "begin with a smaller decay, to forget the first weights soon [false]", o => o.EmaWarmUp, (o, v) => o with { EmaWarmUp = v }),

        Whole("validation", "training images set aside to choose the checkpoint [1024, or a tenth of few]", o => o.Validation, (o, v) => o with { Validation = v }),
        Word("select-on", "validation|test|last", "what chooses it; test is stamped on every report [validation]", o => o.SelectOn, (o, v) => o with { SelectOn = v }),
        new("keep", "last,best,average", "weights to keep and to measure beside the selected ones [none]",
            o => o.Keep.Count > 0 ? string.Join(',', o.Keep.Select(NamedValue.Of)) : null, Keep),
        Whole("gap-images", "attack N training images too at the end, for the generalization gap; 0: none [as many as test images, at most 1000]", o => o.GapImages, (o, v) => o with { GapImages = v }),
        Whole("evaluate-every", "epochs between two evaluations [1]", o => o.EvaluateEvery, (o, v) => o with { EvaluateEvery = v }),
        Whole("watch", "at each evaluation also look at N training and N selecting images, for arow analyze [none]", o => o.Watch, (o, v) => o with { Watch = v }),
        Whole("patience", "stop after N evaluations without a better one [never]", o => o.Patience, (o, v) => o with { Patience = v }),
        Word("test-attack", "NAME", "attack of the evaluation at the end, or clean [pgd20]", o => o.TestAttack, (o, v) => o with { TestAttack = v }),

        Whole("seed", "seed of everything random [0]", o => o.Seed, (o, v) => o with { Seed = v }),
        Whole("threads", "threads of libtorch [one a core]", o => o.Threads, (o, v) => o with { Threads = v }),
        Choice("precision", "exact: the modules as they are; fast: bfloat16 products; auto: fast where the processor has them, else as fast in float32 [auto]", o => o.Precision, (o, v) => o with { Precision = v }),
        Word("device", "cpu|cuda", "where to run [cpu]", o => o.Device, (o, v) => o with { Device = v }),
        Number("checkpoint-every", "seconds between two checkpoints within an epoch [60]", o => o.CheckpointEvery, (o, v) => o with { CheckpointEvery = v }),
    ];

    private static TrainingOptions? Keep(TrainingOptions options, string text)
    {
        KeptWeights?[] kept = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(NamedValue.Parse<KeptWeights>)];
        return kept.Contains(null) ? null : options with { Keep = [.. kept.OfType<KeptWeights>().Distinct().Order()] };
    }

    private static TrainingOptions? Milestones(TrainingOptions options, string text)
    {
        var epochs = new List<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, out var epoch) || epoch < 1) return null;
            epochs.Add(epoch);
        }
        return options with { Milestones = epochs };
    }
}
