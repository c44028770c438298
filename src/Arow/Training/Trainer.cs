using System.Diagnostics;
using Arow.Data;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.Models;
using Arow.Options;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>The result of a training.</summary>
/// <param name="Epochs">Complete epochs.</param>
/// <param name="BestEpoch">The epoch whose weights were selected, from 1; 0 if none is complete.</param>
/// <param name="Interrupted">Whether it was stopped before its end, and can be resumed.</param>
public sealed record TrainingResult(int Epochs, int BestEpoch, bool Interrupted);

/// <summary>
/// The training loop: epochs of batches, averages, selection, checkpoints. A run that is stopped at any moment and
/// resumed in the same <see cref="ComputeEnvironment"/> ends with bit-identical weights: random numbers are keyed by seed,
/// epoch and sample, and the rest of the state is in the checkpoint.
/// </summary>
/// <param name="setup">The parts of the training; disposed with the trainer.</param>
internal sealed class Trainer(TrainingSetup setup) : IDisposable
{
    private readonly TrainingOptions options = setup.Options;
    private readonly RunFolder folder = setup.Folder;
    private readonly Network network = setup.Network;
    private readonly IBatches batches = setup.Batches;
    private readonly WeightAverage? average = setup.Average;
    private readonly TrainingState state = new(setup);
    private readonly Queue<PendingBatch> pending = [];
    private readonly ProcessGroup group = setup.Group;
    private RunLog? log;

    /// <summary>The observer; null for none.</summary>
    public ITrainingObserver? Observer { get; init; }

    /// <summary>Whether the training is complete.</summary>
    internal bool HasEnded => Position.Epoch >= options.Epochs || Position.SinceBest >= options.Patience;

    /// <summary>Whether any step has been taken, by this process or an earlier one.</summary>
    internal bool HasStarted => Position.Step > 0;

    private ResumePoint Position
    {
        get => state.Position;
        set => state.Position = value;
    }

    /// <summary>Resumes from the newest intact checkpoint; starts from the beginning if there is none.</summary>
    /// <remarks>The observer receives warnings about problems and about differences of the machine.</remarks>
    /// <exception cref="InputException">The checkpoint is of another run, or files that belong to it are lost.</exception>
    public void Resume()
    {
        if (setup.MergesLastBatch)
            Warn($"the last batch of each epoch would have one image, for which a batch norm of {network.Architecture} has one value a channel and "
                + "no variance: it is merged into the preceding batch");
        state.Resume(Warn);
    }

    /// <summary>Records the helper that the run has trained.</summary>
    /// <param name="sha256">The SHA-256 of its weights.</param>
    /// <returns>Whether it is the helper of all steps so far.</returns>
    internal bool SetHelper(string sha256)
    {
        var same = !HasStarted || Position.HelperSha256 is null || Position.HelperSha256 == sha256;
        Position = Position with { HelperSha256 = sha256 };
        return same;
    }

    /// <summary>Trains to the end, or to the next step after a stop is requested.</summary>
    /// <exception cref="DivergedException">The loss is not finite; the last good checkpoint is kept.</exception>
    public TrainingResult Run(CancellationToken stop)
    {
        using var log = HasEnded || !group.IsFirst ? null : new RunLog(folder, options, Position.Step);
        this.log = log;
        using var generator = TorchGenerators.Preserve();
        using var math = CudaMath.ConfigureTraining(network.Device, deterministic: network.ProductType(options.Precision) is null);
        var throughput = new Throughput();
        ArowEvents.Tell(() => $"training: {get_num_threads()} threads on {network.Device}; {(network.ProductType(options.Precision) is { } type
            ? $"products in {EnumName.ToName(type)}, layer by layer, weights in float32" : "float32, the modules themselves")}");
        if (HasStarted) ArowEvents.Tell(() => $"resumed at step {Position.Step}, in epoch {Position.Epoch + 1}, after batch {Position.Batch}");
        while (!HasEnded)
        {
            foreach (var (batch, counts) in OwnBatches(Position.Epoch, Position.Batch))
            {
                var complete = TrainBatch(batch, counts, throughput);
                Observer?.OnStep(Progress(throughput));
                // Accumulated gradients are not saved: a started step is finished first.
                if (!complete) continue;
                // All processes stop and save at the same step: a stop may be requested of any; the first has the clock.
                var agreed = group.Gather(stop.IsCancellationRequested ? 1 : 0, throughput.SinceSave.TotalSeconds);
                if (agreed.Any(process => process[0] != 0))
                {
                    Save();
                    return new TrainingResult(Position.Epoch, Position.BestEpoch, Interrupted: true);
                }
                if (agreed[0][1] >= options.CheckpointEvery)
                {
                    Save();
                    throughput.MarkSaved();
                }
            }
            EndEpoch(log, throughput);
        }
        log?.WriteSuccess();
        if (!group.IsFirst) return new TrainingResult(Position.Epoch, Position.BestEpoch, Interrupted: false);
        if (options.Keep.Contains(KeptWeights.Last)) state.SaveWeights(folder.WeightsFor(KeptWeights.Last), network, Position.Epoch, "last");
        if (options.Keep.Contains(KeptWeights.Average)) state.SaveWeights(folder.WeightsFor(KeptWeights.Average), average!.Network, Position.Epoch,
            "last");
        return new TrainingResult(Position.Epoch, Position.BestEpoch, Interrupted: false);
    }

    public void Dispose()
    {
        setup.Dispose();
        foreach (var batch in pending) batch.Dispose();
    }

    private void Warn(string line) => Observer?.OnWarning(line);

    /// <summary>
    /// The batches of this process: they are dealt out in turn. At the end of an epoch it may get none; it then does what the others do, since
    /// all of them call each other, with the images of the first, which do not count.
    /// </summary>
    private IEnumerable<(Batch Batch, bool Counts)> OwnBatches(int epoch, int first)
    {
        using var own = batches.Epoch(epoch, first + group.Rank, group.Size).GetEnumerator();
        for (; first < batches.Count; first += group.Size)
        {
            if (own.MoveNext())
            {
                yield return (own.Current, true);
                continue;
            }
            using var firstProcess = batches.Epoch(epoch, first).GetEnumerator();
            _ = firstProcess.MoveNext();
            yield return (firstProcess.Current, false);
        }
    }

    /// <summary>Trains on a batch of each process, and returns whether that completes a step.</summary>
    /// <param name="batch">The batch of this process.</param>
    /// <param name="counts">Whether its images count.</param>
    /// <param name="throughput">Counts the images of all processes.</param>
    private bool TrainBatch(Batch batch, bool counts, Throughput throughput)
    {
        var (number, step) = (Position.Batch + group.Rank, Position.Step + 1);
        var first = number - number % setup.Accumulate;
        var last = Math.Min(first + setup.Accumulate, batches.Count) - 1;
        var next = Math.Min(Position.Batch + group.Size, last + 1);
        var (isFirst, isLast) = (Position.Batch == first, next == last + 1);
        var images = Enumerable.Range(Position.Batch, next - Position.Batch).Sum(batches.GetBatchSize);
        var own = counts ? batch.Samples.shape[0] : 0;
        setup.ImageShare = (double)own / images;
        SeedDropout();
        try
        {
            using var softened = setup.Labels?.Rectify(average!.Network.ForEvaluation(), batch.Images, batch.Labels,
                (Position.Epoch + (double)number / batches.Count) / options.Epochs);
            var noise = Noise.Keyed(options.Seed, batch.Samples).Stream("training").Stream(Position.Epoch);
            var result = setup.Step.Run(new StepBatch(batch.Images, softened ?? batch.Labels, noise, LearningRateAt(first))
            {
                Epoch = Position.Epoch + 1,
                Share = (double)own / Enumerable.Range(first, last + 1 - first).Sum(batches.GetBatchSize),
                ShareOfProcesses = setup.ImageShare,
                IsFirst = isFirst,
                IsLast = isLast,
                BeforePass = options.DropoutMask == DropoutMask.Independent ? null : SeedDropout,
            });
            if (!isLast) setup.AverageStatistics();
            setup.Classes?.Share();
            if (group.IsSingle)
            {
                var rate = RunLog.ShowsBatch(number, batches.Count) ? LearningRateAt(first) : (double?)null;
                pending.Enqueue(new PendingBatch(result, batch.Samples.alias().DetachFromDisposeScope(), step, rate));
            }
            else
            {
                using (result) AddResults(counts ? result : null, own);
                if (counts && RunLog.ShowsBatch(number, batches.Count)) log?.WriteStep(step, result, own, LearningRateAt(first));
            }
        }
        catch (ArithmeticException fault)
        {
            throw state.Diverged(fault, batch.Samples, step);
        }
        Position = Position with { Batch = next, Step = Position.Step + (isLast ? setup.Step.Updates : 0) };
        throughput.Add(images);
        // The first batch is reported at once.
        if (pending.Count >= setup.ReadbackInterval || Position.Images == 0) DrainPending();
        return isLast;
    }

    /// <summary>Adds the results of all processes, in their order.</summary>
    private void AddResults(StepResult? own, long images)
    {
        double[] numbers = own is null ? [0, 0, 0, 0] : [images, own.Loss, own.Clean ?? double.NaN, own.Robust ?? double.NaN];
        foreach (var part in group.Gather(numbers).Where(part => part[0] > 0))
            Position = Position.AddStep(part[1], ToCount(part[2]), ToCount(part[3]), (long)part[0]);

        static long? ToCount(double number) => double.IsNaN(number) ? null : (long)number;
    }

    /// <summary>Returns the learning rate after a number of batches of the epoch.</summary>
    private double LearningRateAt(int batch) => setup.Schedule.RateAt(
        Position.Epoch + (double)batch / batches.Count, (double)Math.Min(setup.Accumulate, batches.Count) / batches.Count);

    /// <summary>
    /// Dropout draws from torch's own generator: it is reseeded for every batch, so that it has no state to restore, and for every
    /// pass over the batch if all passes share the mask.
    /// </summary>
    private void SeedDropout() => TorchGenerators.Seed(
        KeyedNoise.Mix(options.Seed + KeyedNoise.Mix((long)Position.Epoch * batches.Count + Position.Batch + group.Rank)), network.Device);

    /// <summary>Reads back the results of pending batches.</summary>
    private void DrainPending()
    {
        while (pending.TryDequeue(out var batch))
        {
            using (batch)
            {
                try
                {
                    Position = Position.AddStep(batch.Result, batch.Samples.shape[0]);
                    if (batch.ShownRate is { } rate) log?.WriteStep(batch.Step, batch.Result, batch.Samples.shape[0], rate);
                }
                catch (ArithmeticException fault)
                {
                    throw state.Diverged(fault, batch.Samples, batch.Step);
                }
            }
        }
    }

    private void EndEpoch(RunLog? log, Throughput throughput)
    {
        DrainPending();
        var lastStep = (batches.Count - 1) / setup.Accumulate * setup.Accumulate;
        var (epoch, rate) = (Position.Epoch + 1, LearningRateAt(lastStep));
        setup.Classes?.EndEpoch();
        if (average is { UpdatesEveryStep: false } && epoch >= options.SwaStart) average.Update(network);

        var isEvaluated = epoch % options.EvaluateEvery == 0 || epoch == options.Epochs;
        var candidate = average is { Count: > 0 } ? average.Network : network;
        if (isEvaluated && candidate != network && !average!.UpdatesEveryStep) EstimateStatistics(candidate);
        state.EnsureFinite();
        if (log is not null && isEvaluated && setup.Selection is { } selection && RunLog.ShowsPicture(epoch, options.EvaluateEvery, options.Epochs))
        {
            selection.Attacked = (x, xAdv, y) =>
            {
                using var attacked = AttackedImages.Take(x, xAdv, y);
                log.WritePicture(epoch, attacked, setup.Input.Train.Classes);
            };
        }
        var (selected, measured, unaveraged) = isEvaluated ? Select(candidate, epoch) : default;
        if (candidate == network) unaveraged = null;

        var record = new EpochRecord(
            epoch, Position.Step, rate, Position.MeanLoss, Position.CleanAccuracy, Position.RobustAccuracy,
            measured?.Clean, measured?.Robust, selected, throughput.Seconds)
        {
            ProcessorSeconds = throughput.TakeProcessorSeconds(),
            Bound = isEvaluated ? Probe(candidate, epoch) : null,
            UnaveragedClean = unaveraged?.Clean, UnaveragedRobust = unaveraged?.Robust,
        };
        if (record.Bound is not null) Position = Position with { WatchedSha256 = setup.Probe!.ChainHash(Position.WatchedSha256, epoch) };
        Position = Position.NextEpoch();
        if (log is not null) Position = Position with { LogLength = log.Write(record), LogSha256 = EvaluationRun.HashFile(folder.Log) };
        SaveState();
        throughput.MarkSaved();
        Observer?.OnEpoch(record);
    }

    /// <summary>Evaluates the weights of an epoch and keeps them if they are the best so far.</summary>
    /// <param name="candidate">The network to evaluate: the average, if there is one.</param>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <returns>Whether they were selected, and the selecting accuracies; unaveraged only if the best of those are kept.</returns>
    private (bool Selected, (double Clean, double? Robust)? Measured, (double Clean, double? Robust)? Unaveraged) Select(Network candidate, int epoch)
    {
        var (measured, selected) = (Measure(candidate), true);
        if (measured is { } accuracy)
        {
            var score = setup.Selection!.Score(accuracy);
            selected = score > Position.Best;
            Position = selected
                ? Position with { Best = score, BestEpoch = epoch, SinceBest = 0 }
                : Position with { SinceBest = Position.SinceBest + 1 };
        }
        else
        {
            Position = Position with { BestEpoch = epoch };
        }
        if (selected && group.IsFirst) Position = Position with { SelectedSha256 = Save(state.Selected, candidate) };
        if (!options.Keep.Contains(KeptWeights.Best)) return (selected, measured, null);

        var unaveraged = candidate == network ? measured : Measure(network);
        if (unaveraged is { } unaveragedAccuracy && setup.Selection!.Score(unaveragedAccuracy) is var best && best > Position.BestUnaveraged)
            Position = Position with
            {
                BestUnaveraged = best,
                BestUnaveragedEpoch = epoch,
                BestUnaveragedSha256 = group.IsFirst ? Save(state.Best, network) : null
            };
        return (selected, measured, unaveraged);

        (double, double?)? Measure(Network weights) => setup.Selection is { } selection ? state.GuardFinite(() => selection.Evaluate(weights)) : null;

        string Save(SelectedFile file, Network weights) =>
            file.Save(epoch, path => state.SaveWeights(path, weights, epoch, EnumName.ToName(options.SelectOn)));
    }

    /// <summary>Estimates batch-norm statistics over the training images of the next epoch: augmented, in its order.</summary>
    private void EstimateStatistics(Network averaged)
    {
        WeightAverage.EstimateStatistics(averaged, setup.JointNorms is null
            ? batches.Epoch(Position.Epoch + 1).Select(batch => (batch.Images, batch.Samples.shape[0])) : Joint());

        // Statistics of all processes at once need all of their images; those of parts are the same in each process.
        IEnumerable<(Tensor, long)> Joint()
        {
            foreach (var ((batch, counts), round) in OwnBatches(Position.Epoch + 1, 0).Select((own, round) => (own, round * group.Size)))
            {
                setup.ImageShare = counts ? 1 : 0;
                yield return (batch.Images,
                    Enumerable.Range(round, Math.Min(group.Size, batches.Count - round)).Sum(b => (long)batches.GetBatchSize(b)));
            }
        }
    }

    /// <summary>Saves a checkpoint within an epoch.</summary>
    private void Save()
    {
        DrainPending();
        state.EnsureFinite();
        SaveState();
    }

    /// <summary>Saves what all processes have; the first writes it.</summary>
    private void SaveState()
    {
        setup.Step.Collect();
        EnsureSameState();
        if (group.IsFirst) state.Save();
    }

    /// <summary>All processes take the same steps; that they come to other weights would be a fault of a machine, or of this program.</summary>
    private void EnsureSameState()
    {
        if (group.IsSingle) return;
        var own = state.ComputeHash();
        var first = group.Broadcast(() => own);
        var others = group.Gather(first == own ? 0 : 1).Select((differs, rank) => (rank, Differs: differs[0] != 0)).Where(p => p.Differs).ToList();
        if (others.Count > 0)
            throw new DifferentWeightsException($"after step {Position.Step} the weights of {(others.Count == 1 ? "process" : "processes")} "
                + $"{string.Join(", ", others.Select(p => p.rank))} differ from those of process 0, which only a fault of a machine or of the "
                + "connection explains; they are not saved");
    }

    /// <summary>Records the epoch in the first process; the others wait.</summary>
    private EpochBound? Probe(Network candidate, int epoch)
    {
        var bound = (EpochBound?)null;
        if (options.Watch is not null) group.InFirst(() => bound = setup.Probe?.Run(candidate, epoch));
        return bound;
    }

    private TrainingProgress Progress(Throughput throughput)
    {
        var epoch = Enumerable.Range(0, batches.Count).Sum(b => (long)batches.GetBatchSize(b));
        var remaining = (options.Epochs - Position.Epoch) * epoch - Position.Images;
        return new TrainingProgress(
            Position.Epoch + 1, options.Epochs, Position.Batch, batches.Count,
            Position.MeanLoss, Position.CleanAccuracy, Position.RobustAccuracy,
            throughput.ImagesPerSecond, TimeSpan.FromSeconds(remaining / Math.Max(throughput.ImagesPerSecond, 1e-9)));
    }

    /// <summary>Measures the speed and the age of the last checkpoint.</summary>
    private sealed class Throughput
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();
        private TimeSpan lastSave, processor = System.Environment.CpuUsage.TotalTime;
        private long images;

        public double Seconds => clock.Elapsed.TotalSeconds;
        public double ImagesPerSecond => images / Math.Max(Seconds, 1e-9);
        public TimeSpan SinceSave => clock.Elapsed - lastSave;
        public void Add(long more) => images += more;
        public void MarkSaved() => lastSave = clock.Elapsed;

        /// <summary>Returns the processor time since the last call, or the start.</summary>
        public double TakeProcessorSeconds()
        {
            var before = processor;
            processor = System.Environment.CpuUsage.TotalTime;
            return (processor - before).TotalSeconds;
        }
    }
}
