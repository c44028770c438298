using Arow.Attacks;
using Arow.Classes;
using Arow.Data;
using Arow.Distributed;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>The input of a training besides its options and its network.</summary>
/// <param name="Train">The training images; disposed by their owner, like all others.</param>
/// <param name="SelectionImages">The selecting images; null to select the last weights.</param>
/// <param name="Augmentation">The data set's standard crops and flips; the options add others.</param>
internal sealed record TrainingInput(ImageSet Train, ImageSet? SelectionImages, Augmentation Augmentation)
{
    /// <summary>The extra images; null for none.</summary>
    public ImageSet? Extra { get; init; }

    /// <summary>Hash of the training images, saved with checkpoints and weights; null to save none.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The helper network of the objective; null for none.</summary>
    public Network? Helper { get; init; }

    /// <summary>The order of the helper's classes; null for the order of the images' classes.</summary>
    public ClassOrder? HelperOrder { get; init; }

    /// <summary>A custom objective in place of the options'; null for theirs.</summary>
    public IObjective? Objective { get; init; }

    /// <summary>The processes that train together.</summary>
    public ProcessGroup Group { get; init; } = ProcessGroup.Single;

    /// <summary>
    /// Batches between two reads of their results; 1 to wait for each. Null for 1 on the CPU and 32 on a GPU, which is idle
    /// during a read.
    /// </summary>
    public int? ReadbackInterval { get; init; }
}

/// <summary>The parts of a training, built from its options: <see cref="Trainer"/> runs it, <see cref="TrainingState"/> saves it.</summary>
internal sealed class TrainingSetup : IDisposable
{
    private readonly int smallestBatch = 1;

    /// <summary>The statistics of batch norms.</summary>
    private readonly IReadOnlyList<Tensor> statistics;

    /// <summary>Builds the parts of a run.</summary>
    /// <param name="options">Valid options: see <see cref="TrainingOptions.Validate"/>.</param>
    /// <param name="folder">Where the run is kept.</param>
    /// <param name="network">A new network; trained in place, disposed by its owner.</param>
    /// <param name="input">The images and other input of the run.</param>
    public TrainingSetup(TrainingOptions options, RunFolder folder, Network network, TrainingInput input)
    {
        (Options, Folder, Network, Input) = (options, folder, network, input);
        (Group, BatchSize) = (input.Group, options.BatchSize / input.Group.Size);
        ReadbackInterval = !Group.IsSingle ? 1 : input.ReadbackInterval ?? (network.Device.type == DeviceType.CUDA ? 32 : 1);
        Companion = options.AuxiliaryModel == AuxiliaryModel.Companion ? input.Helper : null;
        statistics = [.. Statistics(network), .. Companion is null ? [] : Statistics(Companion)];
        var objective = input.Objective ?? options.CreateObjective(HelperFunction(input, options.AuxiliaryModel));
        var attack = options.CreateAttack(objective);
        var augmentation = options.CreateAugmentation(input.Augmentation);
        // Requires a pass through the network, so only done if a batch has one image.
        if (input.Train.Count % BatchSize == 1) smallestBatch = Math.Max(network.SmallestBatch(), Companion?.SmallestBatch() ?? 1);
        Batches = input.Extra is null
            ? new Batches(input.Train, BatchSize, options.Seed, augmentation, smallestBatch)
            : new MixedBatches(input.Train, input.Extra, BatchSize, options.ExtraFraction, options.Seed, augmentation);
        Selection = input.SelectionImages is null ? null : new Selection(
            input.SelectionImages, attack is null ? null : Pgd.Standard(options.Threat, steps: 10), options.Seed, BatchSize,
            options.Precision, Group);
        Classes = objective is IClassAware { DependsOnClassMeans: true } ? new ClassMeans(network.Classes, network.Device, Group) : null;
        Labels = options.CreateLabels();
        Average = options.SwaStart is not null ? WeightAverage.Stochastic(network)
            : options.EmaDecay is { } decay ? WeightAverage.Exponential(network, decay, options.EmaWarmUp)
            : null;
        Optimizer = new Sgd([.. network.Parameters, .. NamedParameters(Companion)], options.Sgd, RateFactor(network, options.HeadRate))
        {
            SumGradients = Group.IsSingle ? null : Group.SumGradients,
        };
        Step = (options.Replays ?? options.Method.Replays) is { } replays && attack is not null
            ? new FreeSteps(network, objective, options.Threat, options.StepSize, replays, Optimizer)
            {
                Precision = options.Precision, DefersReadback = ReadbackInterval > 1, Updated = OnUpdated, Group = Group,
            }
            : new TrainingStep(network, objective, attack, Optimizer)
            {
                Precision = options.Precision,
                DefersReadback = ReadbackInterval > 1,
                Updated = OnUpdated,
                Classes = Classes,
                AttackForEpoch = options.EpsilonRamp is null ? null : epoch => options.CreateAttack(objective, epoch),
                Perturbation = options.Awp is { } γ ? new WeightPerturbation(network, γ, Companion) { SumGradients = Optimizer.SumGradients } : null,
                PerturbFrom = options.AwpStart ?? Math.Min(10, 1 + options.Epochs / 12),
                GeometryFrom = options.GeometryStart ?? Math.Max(1, options.Epochs * 5 / 12),
            };
        if (options.SyncNorm && !Group.IsSingle)
        {
            JointNorms = new JointBatchNorm(Group.Gather);
            foreach (var one in Networks) one.JointNorms = JointNorms;
        }
        Schedule = options.CreateSchedule();
        Probe = options.Watch is null || !Group.IsFirst ? null
            : new TrainingProbe(options with { BatchSize = BatchSize }, folder.Probes, input.Train, input.SelectionImages);
    }

    internal TrainingOptions Options { get; }
    internal RunFolder Folder { get; }
    internal Network Network { get; }
    internal TrainingInput Input { get; }
    internal IBatches Batches { get; }
    internal ITrainingStep Step { get; }
    internal Sgd Optimizer { get; }
    internal Schedule Schedule { get; }
    internal Selection? Selection { get; }
    internal WeightAverage? Average { get; }
    internal ClassMeans? Classes { get; }
    internal RectifiedLabels? Labels { get; }
    internal TrainingProbe? Probe { get; }
    internal Network? Companion { get; }
    internal int ReadbackInterval { get; }
    internal ProcessGroup Group { get; }

    /// <summary>Images that a process has at a time: those of a batch are dealt out to all.</summary>
    internal int BatchSize { get; }

    /// <summary>Batches of all processes that make up a step.</summary>
    internal int Accumulate => Options.Accumulate * Group.Size;

    /// <summary>Batch norms over the images of all processes; null for those of each.</summary>
    internal JointBatchNorm? JointNorms { get; }

    /// <summary>The share of this process in the images that all processes have at this time.</summary>
    internal double ImageShare
    {
        get;
        set
        {
            field = value;
            if (JointNorms is not null) JointNorms.Counts = value > 0;
        }
    } = 1;

    /// <summary>Whether a last batch of one image is merged into the preceding one, since the network cannot be trained on it.</summary>
    internal bool MergesLastBatch => BatchSize > 1 && smallestBatch > 1 && Batches is Batches;

    public void Dispose()
    {
        // They belong to others.
        foreach (var network in Networks) network.JointNorms = null;
        Optimizer.Dispose();
        Step.Dispose();
        Average?.Dispose();
        Classes?.Dispose();
        Probe?.Dispose();
    }

    /// <summary>
    /// Gives all processes the mean of their batch-norm statistics, weighted by images: attacks, which use them, then do not depend on the process.
    /// </summary>
    internal void AverageStatistics()
    {
        if (Group.IsSingle || statistics.Count == 0 || JointNorms is not null) return;
        using (no_grad())
        {
            foreach (var statistic in statistics) statistic.mul_(ImageShare);
        }
        Group.Sum(statistics);
    }

    /// <summary>What is trained, and the average of it.</summary>
    private IEnumerable<Network> Networks => ((Network?[])[Network, Companion, Average?.Network]).OfType<Network>();

    private void OnUpdated()
    {
        AverageStatistics();
        if (Average is { UpdatesEveryStep: true }) Average.Update(Network);
    }

    /// <summary>The statistics of batch norms that are trained.</summary>
    private static IEnumerable<Tensor> Statistics(Network network) => network.Module.named_buffers()
        .Where(b => b.buffer.is_floating_point() && !network.IsFrozen(b.name)).Select(b => b.buffer);

    private static Classifier? HelperFunction(TrainingInput input, AuxiliaryModel? auxiliary) =>
        (auxiliary == AuxiliaryModel.Standard ? input.Helper?.ForEvaluation() : input.Helper?.ForTraining()) is { } classifier
            ? input.HelperOrder?.Apply(classifier) ?? classifier : null;

    private static Func<string, double>? RateFactor(Network network, double? headRate)
    {
        if (headRate is not { } factor) return null;
        var head = $"{network.HeadName}.";
        return name => name.StartsWith(head, StringComparison.Ordinal) ? factor : 1;
    }

    private static IEnumerable<(string, TorchSharp.Modules.Parameter)> NamedParameters(Network? companion) =>
        companion?.Parameters.Select(p => ($"companion/{p.Name}", p.Value)) ?? [];
}
