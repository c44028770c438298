using System.Diagnostics;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>How a run ended.</summary>
/// <param name="Epochs">Epochs that are complete.</param>
/// <param name="BestEpoch">The epoch whose weights were selected, from 1; 0 if none is complete.</param>
/// <param name="Interrupted">Whether it was asked to stop before its end, and can be resumed.</param>
public sealed record TrainingResult(int Epochs, int BestEpoch, bool Interrupted);

/// <summary>
/// The training loop: epochs of batches, averages, selection, checkpoints. A run that was stopped at any moment and
/// resumed in the same <see cref="ComputeEnvironment"/> has bit for bit the weights of one that was not: random numbers are keyed by seed,
/// epoch and sample, and all else that the future depends on is in the checkpoint.
/// </summary>
public sealed class Trainer : IDisposable
{
    private const string DataNote = "data_sha256";

    /// <summary>What the names of <see cref="ClassMeans"/> begin with in a checkpoint.</summary>
    private const string ClassesPart = "classes/";

    /// <summary>What a checkpoint keeps its <see cref="ComputeEnvironment"/> under.</summary>
    private const string EnvironmentKey = "environment";

    private readonly TrainingOptions options;
    private readonly RunFolder folder;
    private readonly Network network;
    private readonly ImageSet train;
    private readonly IBatches batches;
    private readonly Selection? selection;
    private readonly Sgd optimizer;
    private readonly Network? helper;
    private readonly TrainingStep step;
    private readonly FreeSteps? free;
    private readonly Schedule schedule;
    private readonly WeightAverage? average;
    private readonly ClassMeans? classes;
    private readonly RectifiedLabels? rectified;
    private readonly Watcher? watcher;
    private readonly int readEvery;
    private readonly int smallestBatch = 1;
    private readonly Queue<TakenBatch> unread = [];
    private readonly SelectedFile selectedFile, bestFile;
    private Position position = new();

    /// <summary>Prepares a run from its beginning.</summary>
    /// <param name="options">Valid options: see <see cref="TrainingOptions.Problems"/>.</param>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="network">Freshly made; trained in place, disposed by its owner.</param>
    /// <param name="train">What to train on; disposed by its owner.</param>
    /// <param name="selecting">What chooses the weights; null to take the last.</param>
    /// <param name="augmentation">The crops and flips that are the data set's habit; the options add what they ask for.</param>
    /// <param name="helper">The network that the objective asks; disposed by its owner.</param>
    /// <param name="own">An objective of your own in place of the options'.</param>
    /// <param name="extra">Images to mix in; disposed by their owner.</param>
    /// <param name="readEvery">
    /// Batches between two looks at what they measured; 1 to wait for each. Null for 1 on the CPU and 32 on a GPU, which has
    /// nothing to do while it is looked at.
    /// </param>
    /// <param name="helperOrder">Which of the helper's outputs stands for which class; null where they are in the order of the images' classes.</param>
    public Trainer(
        TrainingOptions options, RunFolder folder, Network network,
        ImageSet train, ImageSet? selecting, Augmentation augmentation, Network? helper = null, IObjective? own = null, ImageSet? extra = null,
        int? readEvery = null, ClassOrder? helperOrder = null)
    {
        (this.options, this.folder, this.network, this.train, this.helper) = (options, folder, network, train, helper);
        this.readEvery = readEvery ?? (network.Device.type == DeviceType.CUDA ? 32 : 1);
        var asked = Function(helper, options.Help);
        var objective = own ?? options.CreateObjective(asked is null ? null : helperOrder?.Apply(asked) ?? asked);
        var attack = options.CreateAttack(objective);
        var companion = options.Help == Help.Companion ? helper : null;
        augmentation = options.CreateAugmentation(augmentation);
        // A whole pass through the network, for what matters only where a batch has one image.
        if (train.Count % options.BatchSize == 1) smallestBatch = Math.Max(network.SmallestBatch(), companion?.SmallestBatch() ?? 1);
        batches = extra is null
            ? new Batches(train, options.BatchSize, options.Seed, augmentation, smallestBatch)
            : new MixedBatches(train, extra, options.BatchSize, options.ExtraFraction, options.Seed, augmentation);
        selection = selecting is null ? null : new Selection(
            selecting, attack is null ? null : Pgd.Standard(options.Threat, steps: 10), options.Seed, options.BatchSize, options.Precision);
        classes = objective is IClassAware { LooksAtClasses: true } ? new ClassMeans(network.Classes, network.Device) : null;
        rectified = options.CreateLabels();
        optimizer = new Sgd([.. network.Parameters, .. Named(companion?.Parameters)], options.Sgd, RateFactor(network, options.HeadRate));
        step = new TrainingStep(network, objective, attack, optimizer)
        {
            Precision = options.Precision,
            Ahead = this.readEvery > 1,
            Classes = classes,
            AttackOf = options.EpsilonRamp is null ? null : epoch => options.CreateAttack(objective, epoch),
            BeforePass = options.DropoutMask == DropoutMask.Independent ? null : SeedDropout,
            Perturbation = options.Awp is { } γ ? new WeightPerturbation(network, γ, companion) : null,
            PerturbFrom = options.AwpStart ?? Math.Min(10, 1 + options.Epochs / 12),
            GeometryFrom = options.GeometryStart ?? Math.Max(1, options.Epochs * 5 / 12),
        };
        average = options.SwaStart is not null ? WeightAverage.Stochastic(network)
            : options.EmaDecay is { } decay ? WeightAverage.Exponential(network, decay, options.EmaWarmUp)
            : null;
        free = (options.Replays ?? options.Method.Replays) is { } replays && attack is not null
            ? new FreeSteps(network, objective, options.Threat, options.StepSize, replays, optimizer)
            {
                Precision = options.Precision, Ahead = this.readEvery > 1, Moved = Average,
            }
            : null;
        schedule = options.CreateSchedule();
        watcher = options.Watch is null ? null : new Watcher(options, folder.Watched, train, selecting);
        selectedFile = new SelectedFile("selected", folder.Weights, folder, network);
        bestFile = new SelectedFile("best", folder.WeightsOf(KeptWeights.Best), folder, network);
    }

    /// <summary>Hash of the training images, kept with checkpoints and weights; null to keep none.</summary>
    public string? Data { get; init; }

    /// <summary>Told after every step.</summary>
    public Action<TrainingProgress>? Stepped { get; init; }

    /// <summary>Told after every epoch.</summary>
    public Action<EpochRecord>? EpochDone { get; init; }

    /// <summary>Goes on from the newest checkpoint that is whole; from the beginning if there is none.</summary>
    /// <param name="warned">Told of what is amiss, and of what in the machine is not as it was, a line each.</param>
    /// <exception cref="InputException">The checkpoint is of another run, or what it belongs to is lost.</exception>
    public void Resume(Action<string> warned)
    {
        if (options.BatchSize > 1 && smallestBatch > 1 && batches is Batches)
            warned($"the last batch of each epoch would have one image, of which a batch norm of {network.Architecture} has one value a channel and no variance: it is joined to the batch before it");
        using var checkpoint = folder.Checkpoints.Latest(warned);
        if (checkpoint is not null)
        {
            MustBeOfThisRun(checkpoint);
            position = Position.FromJson(checkpoint.Metadata["position"]);
            network.CopyFrom(Part(checkpoint, "network/"));
            optimizer.Restore(Part(checkpoint, "velocity/"));
            if (options.Help == Help.Companion) helper!.CopyFrom(Part(checkpoint, "companion/"));
            if (free is not null) free.Perturbation = Part(checkpoint, "free/").GetValueOrDefault("perturbation");
            classes?.Restore(Part(checkpoint, ClassesPart));
            if (average is not null)
            {
                average.Network.CopyFrom(Part(checkpoint, "average/"));
                average.Count = position.Averaged;
            }
        }
        else if (folder.Checkpoints.Any || folder.ReadLog().Count > 0)
        {
            warned($"{folder.Checkpoints.Path}: has no checkpoint that can be read: the run begins anew, with epoch 1");
        }
        folder.CutLog(position.LogLength, position.Epoch, position.LogSha256);
        position = position with
        {
            SelectedSha256 = selectedFile.Resume(position.BestEpoch, position.Epoch, position.SelectedSha256, warned),
            BestUnaveragedSha256 = bestFile.Resume(position.BestUnaveragedEpoch, position.Epoch, position.BestUnaveragedSha256, warned),
        };
        if (watcher is not null) LookAtWatched(watcher, warned);
        if (checkpoint is not null) CompareEnvironment(checkpoint, warned);
    }

    /// <summary>Whether nothing is left to be trained.</summary>
    internal bool HasEnded => position.Epoch >= options.Epochs || position.SinceBest >= options.Patience;

    /// <summary>Whether a step has been taken, here or by a process before.</summary>
    internal bool HasBegun => position.Step > 0;

    /// <summary>Takes note of the helper that the run has trained for itself.</summary>
    /// <param name="sha256">Of its weights.</param>
    /// <returns>Whether it is the one of all steps so far.</returns>
    internal bool TakeHelper(string sha256)
    {
        var same = !HasBegun || position.HelperSha256 is null || position.HelperSha256 == sha256;
        position = position with { HelperSha256 = sha256 };
        return same;
    }

    /// <summary>Trains to the end, or to the next step after a stop is asked for.</summary>
    /// <exception cref="DivergedException">The loss is no longer a number; the last good checkpoint is kept.</exception>
    public TrainingResult Run(CancellationToken stop)
    {
        using var log = new RunLog(folder);
        using var math = CudaMath.Train(network.Device, repeatable: options.Precision.Products(network) is null);
        var pace = new Pace();
        while (!HasEnded)
        {
            foreach (var batch in batches.Epoch(position.Epoch, position.Batch))
            {
                Take(batch);
                pace.Add(batch.Samples.shape[0]);
                Stepped?.Invoke(Progress(pace));
                // Gathered gradients are in no checkpoint: a step that has begun is finished first.
                if (!StepDone) continue;
                if (stop.IsCancellationRequested)
                {
                    Save();
                    return new TrainingResult(position.Epoch, position.BestEpoch, Interrupted: true);
                }
                if (pace.SinceSaved.TotalSeconds >= options.CheckpointEvery)
                {
                    Save();
                    pace.Saved();
                }
            }
            EndEpoch(log, pace);
        }
        if (options.Keep.Contains(KeptWeights.Last)) SaveWeights(folder.WeightsOf(KeptWeights.Last), network, position.Epoch, "last");
        if (options.Keep.Contains(KeptWeights.Average)) SaveWeights(folder.WeightsOf(KeptWeights.Average), average!.Network, position.Epoch, "last");
        return new TrainingResult(position.Epoch, position.BestEpoch, Interrupted: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        optimizer.Dispose();
        free?.Dispose();
        average?.Dispose();
        classes?.Dispose();
        watcher?.Dispose();
        foreach (var batch in unread) batch.Dispose();
    }

    /// <summary>The learning rate after so many batches of the epoch.</summary>
    private double Rate(int batch) => schedule.At(
        position.Epoch + (double)batch / batches.Count, (double)Math.Min(options.Accumulate, batches.Count) / batches.Count);

    /// <summary>Whether the weights have moved since the last batch: no gradient waits for others.</summary>
    private bool StepDone => position.Batch % options.Accumulate == 0 || position.Batch == batches.Count;

    private void Take(Batch batch)
    {
        SeedDropout();
        var noise = Noise.Keyed(options.Seed, batch.Samples).Stream("training").Stream(position.Epoch);
        var first = position.Batch - position.Batch % options.Accumulate;
        try
        {
            using var softened = rectified?.Of(average!.Network.ForEvaluation(), batch.Images, batch.Labels, (position.Epoch + (double)position.Batch / batches.Count) / options.Epochs);
            var labels = softened ?? batch.Labels;
            var result = free?.Take(batch.Images, labels, Rate(first)) ?? step.Gather(
                batch.Images, labels, noise, Share(batch, first), position.Epoch + 1, position.Batch == first);
            unread.Enqueue(new TakenBatch(result, batch.Samples.alias().DetachFromDisposeScope(), position.Step + 1));
        }
        catch (ArithmeticException fault)
        {
            throw Diverged(fault, batch.Samples, position.Step + 1);
        }
        position = position with { Batch = position.Batch + 1 };
        if (StepDone)
        {
            if (free is null)
            {
                step.Move(Rate(first));
                Average();
            }
            position = position with { Step = position.Step + (free?.Replays ?? 1) };
        }
        // Of the first there is to be something to show at once.
        if (unread.Count >= readEvery || position.Images == 0) ReadOn();
    }

    /// <summary>
    /// Dropout draws from torch's own generator: it begins anew with every batch, so that it has no past to restore, and with every
    /// pass of it, where all are to leave out the same units.
    /// </summary>
    private void SeedDropout() => TorchGenerators.Seed(
        KeyedNoise.Mix(options.Seed + KeyedNoise.Mix((long)position.Epoch * batches.Count + position.Batch)), network.Device);

    /// <summary>After each step of the optimizer.</summary>
    private void Average()
    {
        if (average is { EveryStep: true }) average.Update(network);
    }

    /// <summary>Takes in what the batches have measured since the last time.</summary>
    private void ReadOn()
    {
        while (unread.TryDequeue(out var batch))
        {
            using (batch)
            {
                try
                {
                    position = position.With(batch.Result, batch.Samples.shape[0]);
                }
                catch (ArithmeticException fault)
                {
                    throw Diverged(fault, batch.Samples, batch.Step);
                }
            }
        }
    }

    private DivergedException Diverged(ArithmeticException fault, Tensor images, long at)
    {
        long[] samples = [.. images.cpu().data<long>()];
        return new DivergedException(
            $"training diverged at step {at} (epoch {position.Epoch + 1}): {fault.Message}; "
            + $"its training images: {string.Join(' ', samples)}; {Advice}", at, samples);
    }

    private string Advice =>
        $"{(folder.Checkpoints.Any ? $"the last good checkpoint is kept in {folder.Path}; " : "")}a lower --lr or --clip-gradient may help";

    private void EndEpoch(RunLog log, Pace pace)
    {
        ReadOn();
        var lastStep = (batches.Count - 1) / options.Accumulate * options.Accumulate;
        var (epoch, rate) = (position.Epoch + 1, Rate(lastStep));
        classes?.EndEpoch();
        if (average is { EveryStep: false } && epoch >= options.SwaStart) average.Update(network);

        var due = epoch % options.EvaluateEvery == 0 || epoch == options.Epochs;
        var candidate = average is { Count: > 0 } ? average.Network : network;
        var (measured, unaveraged) = (((double Clean, double? Robust)?)null, ((double Clean, double? Robust)?)null);
        var selected = due && selection is null;
        if (due && candidate != network && !average!.EveryStep) EstimateStatistics(candidate);
        MustBeFinite();
        if (due)
        {
            measured = selection is null ? null : InNumbers(() => selection.Measure(candidate));
            if (measured is { } m)
            {
                var score = m.Robust ?? m.Clean;
                selected = score > position.Best;
                position = selected
                    ? position with { Best = score, BestEpoch = epoch, SinceBest = 0 }
                    : position with { SinceBest = position.SinceBest + 1 };
            }
            else
            {
                position = position with { BestEpoch = epoch };
            }
            if (selected) position = position with { SelectedSha256 = selectedFile.Save(epoch, path => SaveWeights(path, candidate, epoch, options.SelectOn)) };
            if (options.Keep.Contains(KeptWeights.Best))
            {
                unaveraged = candidate == network ? measured : InNumbers(() => selection!.Measure(network));
                if (unaveraged is { } own && (own.Robust ?? own.Clean) is var best && best > position.BestUnaveraged)
                {
                    position = position with
                    {
                        BestUnaveraged = best,
                        BestUnaveragedEpoch = epoch,
                        BestUnaveragedSha256 = bestFile.Save(epoch, path => SaveWeights(path, network, epoch, options.SelectOn)),
                    };
                }
            }
        }

        var record = new EpochRecord(
            epoch, position.Step, rate, position.LossSum / position.Images, Share(position.Clean), Share(position.Robust),
            measured?.Clean, measured?.Robust, selected, pace.Seconds)
        {
            Bound = due ? watcher?.Look(candidate, epoch) : null,
            UnaveragedClean = candidate == network ? null : unaveraged?.Clean, UnaveragedRobust = candidate == network ? null : unaveraged?.Robust,
        };
        if (record.Bound is not null) position = position with { WatchedSha256 = watcher!.Chain(position.WatchedSha256, epoch) };
        position = position.NextEpoch() with { LogLength = log.Write(record), LogSha256 = EvaluationRun.Hash(folder.Log) };
        SaveCheckpoint();
        pace.Saved();
        EpochDone?.Invoke(record);
    }

    /// <summary>Over the training images as the next epoch begins with them: augmented, in its order.</summary>
    private void EstimateStatistics(Network averaged) => WeightAverage.EstimateStatistics(
        averaged, batches.Epoch(position.Epoch + 1).Select(batch => batch.Images));

    private void SaveWeights(string path, Network weights, int epoch, string selectedOn)
    {
        var notes = WithData(new()
        {
            ["dataset"] = train.Name,
            ["objective"] = options.Objective,
            [SelectedFile.EpochNote] = $"{epoch}",
            ["selected_on"] = selectedOn,
        });
        InNumbers(() =>
        {
            Weights.Save(path, weights, notes, train.Classes);
            return true;
        });
    }

    private Dictionary<string, string> WithData(Dictionary<string, string> notes)
    {
        if (Data is not null) notes[DataNote] = Data;
        return notes;
    }

    /// <summary>Nothing of what was watched is needed to go on, and nothing of it can be made again: it is told.</summary>
    private void LookAtWatched(Watcher watcher, Action<string> warned)
    {
        int[] watched = [.. folder.ReadLog().Where(e => e.Bound is not null).Select(e => e.Epoch)];
        var fault = folder.Watched.Lost(watcher.Sets, watched);
        var found = fault is null ? watched.Aggregate((string?)null, watcher.Chain) : null;
        if (position.WatchedSha256 is { } kept && found is not null && kept != found)
            fault = $"{folder.Watched.Path}: is not what this run watched: its SHA-256 is not the one that the checkpoint has";
        if (fault is not null) warned($"{fault}; it cannot be made again, and 'arow analyze' will show training without it, show what is there, or refuse the folder");
        position = position with { WatchedSha256 = found };
    }

    /// <summary>In the midst of an epoch.</summary>
    private void Save()
    {
        ReadOn();
        MustBeFinite();
        SaveCheckpoint();
    }

    private void SaveCheckpoint()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        position = position with { Averaged = average?.Count ?? 0 };
        folder.Checkpoints.Save(
            position.Step, Everything(), WithData(new() { ["position"] = position.ToJson(), ["options"] = Said(options), [EnvironmentKey] = Environment.ToJson() }));
        selectedFile.Checkpointed(position.BestEpoch);
        bestFile.Checkpointed(position.BestUnaveragedEpoch);
    }

    /// <summary>All tensors that the future depends on, by the names that a checkpoint has for them.</summary>
    private Dictionary<string, Tensor> Everything()
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (key, value) in network.State) tensors[$"network/{key}"] = value;
        foreach (var (key, value) in optimizer.State) tensors[$"velocity/{key}"] = value;
        if (options.Help == Help.Companion)
        {
            foreach (var (key, value) in helper!.State) tensors[$"companion/{key}"] = value;
        }
        if (free?.Perturbation is { } perturbation) tensors["free/perturbation"] = perturbation;
        foreach (var (key, value) in classes?.State ?? new Dictionary<string, Tensor>()) tensors[ClassesPart + key] = value;
        if (average is not null)
        {
            foreach (var (key, value) in average.Network.State) tensors[$"average/{key}"] = value;
        }
        return tensors;
    }

    /// <summary>What is no number is neither kept nor selected, be it a weight, the statistics of a batch norm or an average.</summary>
    private void MustBeFinite()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        List<(string Name, Tensor Finite)> all = [.. Everything().Where(t => t.Value.is_floating_point()).Select(t => (t.Key, Finite.All(t.Value)))];
        // One look at the device for all of them.
        if (stack([.. all.Select(t => t.Finite)]).all().item<bool>()) return;
        throw DivergedBy($"{all.First(t => !t.Finite.item<bool>()).Name} holds what is no number (NaN) or infinite");
    }

    /// <summary>What weights give that are numbers themselves, and may be too large for logits to be some.</summary>
    private T InNumbers<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ArithmeticException fault)
        {
            throw DivergedBy(fault.Message);
        }
    }

    private DivergedException DivergedBy(string fault) =>
        new($"training diverged by step {position.Step} (epoch {position.Epoch + 1}): {fault}; {Advice}", position.Step, []);

    /// <summary>Where the machine, its threads or its libtorch are others than the checkpoint's, sums are rounded otherwise.</summary>
    private void CompareEnvironment(SafetensorsFile checkpoint, Action<string> warned)
    {
        if (!checkpoint.Metadata.TryGetValue(EnvironmentKey, out var json) || ComputeEnvironment.FromJson(json) is not { } before) return;
        if (Environment.DifferenceFrom(before) is not { } difference) return;
        warned($"{folder.Path}: goes on with {difference}: the weights may differ in their last bits from those of a run that was never stopped");
        folder.AddResumption($"after step {position.Step}: {difference}");
    }

    private ComputeEnvironment Environment => ComputeEnvironment.Current(network.Device.type);

    /// <summary>A checkpoint is held against the run file beside it: what it says of options of another version is passed over.</summary>
    private void MustBeOfThisRun(SafetensorsFile checkpoint)
    {
        if (!checkpoint.Metadata.ContainsKey("position")) throw new InputException($"{folder.Checkpoints.Path}: its newest file is no checkpoint of a run");
        if (folder.Exists && checkpoint.Metadata.TryGetValue("options", out var said)) MustHaveTheseOptions(said);
        if (Data is not null && checkpoint.Metadata.TryGetValue(DataNote, out var data) && data != Data)
            throw new InputException($"{folder.Checkpoints.Path}: is of a run with other training images");
    }

    private void MustHaveTheseOptions(string said)
    {
        var own = Said(options).Split('\n').ToHashSet();
        // Data may have been moved since.
        var known = Settings.All.Where(s => RunFolder.DecidesTheRun(s) && !s.IsPlace).Select(s => s.Name).ToHashSet();
        var others = said.Split('\n').Where(line => known.Contains(line.Split(' ')[0]) && !own.Contains(line)).ToList();
        if (others.Count > 0) throw new InputException($"{folder.Checkpoints.Path}: is of a run with {string.Join(", ", others)}, which {folder.RunFile} is not");
    }

    /// <summary>"lambda 6", a line for each option that is set.</summary>
    private static string Said(TrainingOptions options) =>
        string.Join('\n', Settings.All.Where(s => s.Get(options) is not null).Select(s => $"{s.Name} {s.Get(options)}"));

    private static Dictionary<string, Tensor> Part(SafetensorsFile file, string prefix) =>
        file.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

    /// <summary>What a batch is of the images of its step.</summary>
    private double Share(Batch batch, int first)
    {
        var last = Math.Min(first + options.Accumulate, batches.Count);
        return (double)batch.Samples.shape[0] / Enumerable.Range(first, last - first).Sum(batches.SizeOf);
    }

    private static Classifier? Function(Network? helper, Help? help) =>
        help == Help.Standard ? helper?.ForEvaluation() : helper?.ForTraining();

    private static Func<string, double>? RateFactor(Network network, double? headRate)
    {
        if (headRate is not { } factor) return null;
        var head = $"{network.HeadName}.";
        return name => name.StartsWith(head, StringComparison.Ordinal) ? factor : 1;
    }

    private static IEnumerable<(string, TorchSharp.Modules.Parameter)> Named(
        IEnumerable<(string Name, TorchSharp.Modules.Parameter Value)>? companion) =>
        companion?.Select(p => ($"companion/{p.Name}", p.Value)) ?? [];

    private double? Share(long? right) => (double?)right / position.Images;

    private TrainingProgress Progress(Pace pace)
    {
        var epoch = Enumerable.Range(0, batches.Count).Sum(b => (long)batches.SizeOf(b));
        var left = (options.Epochs - position.Epoch) * epoch - position.Images;
        return new TrainingProgress(
            position.Epoch + 1, options.Epochs, position.Batch, batches.Count,
            position.LossSum / position.Images, Share(position.Clean), Share(position.Robust),
            pace.ImagesPerSecond, TimeSpan.FromSeconds(left / Math.Max(pace.ImagesPerSecond, 1e-9)));
    }

    /// <summary>Speed and the age of the last checkpoint.</summary>
    private sealed class Pace
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();
        private TimeSpan saved;
        private long images;

        public double Seconds => clock.Elapsed.TotalSeconds;
        public double ImagesPerSecond => images / Math.Max(Seconds, 1e-9);
        public TimeSpan SinceSaved => clock.Elapsed - saved;
        public void Add(long more) => images += more;
        public void Saved() => saved = clock.Elapsed;
    }
}
