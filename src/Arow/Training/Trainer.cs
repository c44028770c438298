using System.Diagnostics;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
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
        using var log = HasEnded ? null : new RunLog(folder, options, Position.Step);
        this.log = log;
        using var generator = TorchGenerators.Preserve();
        using var math = CudaMath.ConfigureTraining(network.Device, deterministic: network.ProductType(options.Precision) is null);
        var throughput = new Throughput();
        ArowEvents.Tell(() => $"training: {get_num_threads()} threads on {network.Device}; {(network.ProductType(options.Precision) is { } type
            ? $"products in {EnumName.ToName(type)}, layer by layer, weights in float32" : "float32, the modules themselves")}");
        if (HasStarted) ArowEvents.Tell(() => $"resumed at step {Position.Step}, in epoch {Position.Epoch + 1}, after batch {Position.Batch}");
        while (!HasEnded)
        {
            foreach (var batch in batches.Epoch(Position.Epoch, Position.Batch))
            {
                var complete = TrainBatch(batch);
                throughput.Add(batch.Samples.shape[0]);
                Observer?.OnStep(Progress(throughput));
                // Accumulated gradients are not saved: a started step is finished first.
                if (!complete) continue;
                if (stop.IsCancellationRequested)
                {
                    Save();
                    return new TrainingResult(Position.Epoch, Position.BestEpoch, Interrupted: true);
                }
                if (throughput.SinceSave.TotalSeconds >= options.CheckpointEvery)
                {
                    Save();
                    throughput.MarkSaved();
                }
            }
            EndEpoch(log!, throughput);
        }
        log?.WriteSuccess();
        if (options.Keep.Contains(KeptWeights.Last)) state.SaveWeights(folder.WeightsFor(KeptWeights.Last), network, Position.Epoch, "last");
        if (options.Keep.Contains(KeptWeights.Average)) state.SaveWeights(folder.WeightsFor(KeptWeights.Average), average!.Network, Position.Epoch,
            "last");
        return new TrainingResult(Position.Epoch, Position.BestEpoch, Interrupted: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        setup.Dispose();
        foreach (var batch in pending) batch.Dispose();
    }

    private void Warn(string line) => Observer?.OnWarning(line);

    /// <summary>Trains on a batch and returns whether that completes a step.</summary>
    private bool TrainBatch(Batch batch)
    {
        var (number, step) = (Position.Batch, Position.Step + 1);
        var first = number - number % options.Accumulate;
        var last = Math.Min(first + options.Accumulate, batches.Count) - 1;
        SeedDropout();
        try
        {
            using var softened = setup.Labels?.Rectify(
                average!.Network.ForEvaluation(), batch.Images, batch.Labels, (Position.Epoch + (double)number / batches.Count) / options.Epochs);
            var noise = Noise.Keyed(options.Seed, batch.Samples).Stream("training").Stream(Position.Epoch);
            var result = setup.Step.Run(new StepBatch(batch.Images, softened ?? batch.Labels, noise, LearningRateAt(first))
            {
                Epoch = Position.Epoch + 1,
                Share = (double)batch.Samples.shape[0] / Enumerable.Range(first, last + 1 - first).Sum(batches.GetBatchSize),
                IsFirst = number == first,
                IsLast = number == last,
                BeforePass = options.DropoutMask == DropoutMask.Independent ? null : SeedDropout,
            });
            var rate = RunLog.ShowsBatch(number, batches.Count) ? LearningRateAt(first) : (double?)null;
            pending.Enqueue(new PendingBatch(result, batch.Samples.alias().DetachFromDisposeScope(), step, rate));
        }
        catch (ArithmeticException fault)
        {
            throw state.Diverged(fault, batch.Samples, step);
        }
        Position = Position with { Batch = number + 1, Step = Position.Step + (number == last ? setup.Step.Updates : 0) };
        // The first batch is reported at once.
        if (pending.Count >= setup.ReadbackInterval || Position.Images == 0) DrainPending();
        return number == last;
    }

    /// <summary>Returns the learning rate after a number of batches of the epoch.</summary>
    private double LearningRateAt(int batch) => setup.Schedule.RateAt(
        Position.Epoch + (double)batch / batches.Count, (double)Math.Min(options.Accumulate, batches.Count) / batches.Count);

    /// <summary>
    /// Dropout draws from torch's own generator: it is reseeded for every batch, so that it has no state to restore, and for every
    /// pass over the batch if all passes share the mask.
    /// </summary>
    private void SeedDropout() => TorchGenerators.Seed(
        KeyedNoise.Mix(options.Seed + KeyedNoise.Mix((long)Position.Epoch * batches.Count + Position.Batch)), network.Device);

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

    private void EndEpoch(RunLog log, Throughput throughput)
    {
        DrainPending();
        var lastStep = (batches.Count - 1) / options.Accumulate * options.Accumulate;
        var (epoch, rate) = (Position.Epoch + 1, LearningRateAt(lastStep));
        setup.Classes?.EndEpoch();
        if (average is { UpdatesEveryStep: false } && epoch >= options.SwaStart) average.Update(network);

        var isEvaluated = epoch % options.EvaluateEvery == 0 || epoch == options.Epochs;
        var candidate = average is { Count: > 0 } ? average.Network : network;
        if (isEvaluated && candidate != network && !average!.UpdatesEveryStep) EstimateStatistics(candidate);
        state.EnsureFinite();
        if (isEvaluated && setup.Selection is { } selection && RunLog.ShowsPicture(epoch, options.EvaluateEvery, options.Epochs))
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
            Bound = isEvaluated ? setup.Probe?.Run(candidate, epoch) : null,
            UnaveragedClean = unaveraged?.Clean, UnaveragedRobust = unaveraged?.Robust,
        };
        if (record.Bound is not null) Position = Position with { WatchedSha256 = setup.Probe!.ChainHash(Position.WatchedSha256, epoch) };
        Position = Position.NextEpoch() with { LogLength = log.Write(record), LogSha256 = EvaluationRun.HashFile(folder.Log) };
        state.Save();
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
            selected = Score(accuracy) > Position.Best;
            Position = selected
                ? Position with { Best = Score(accuracy), BestEpoch = epoch, SinceBest = 0 }
                : Position with { SinceBest = Position.SinceBest + 1 };
        }
        else
        {
            Position = Position with { BestEpoch = epoch };
        }
        if (selected) Position = Position with { SelectedSha256 = Save(state.Selected, candidate) };
        if (!options.Keep.Contains(KeptWeights.Best)) return (selected, measured, null);

        var unaveraged = candidate == network ? measured : Measure(network);
        if (unaveraged is { } unaveragedAccuracy && Score(unaveragedAccuracy) > Position.BestUnaveraged)
            Position = Position with
            {
                BestUnaveraged = Score(unaveragedAccuracy),
                BestUnaveragedEpoch = epoch,
                BestUnaveragedSha256 = Save(state.Best, network)
            };
        return (selected, measured, unaveraged);

        (double, double?)? Measure(Network weights) => setup.Selection is { } selection ? state.GuardFinite(() => selection.Evaluate(weights)) : null;

        string Save(SelectedFile file, Network weights) =>
            file.Save(epoch, path => state.SaveWeights(path, weights, epoch, EnumName.ToName(options.SelectOn)));

        static double Score((double Clean, double? Robust) accuracy) => accuracy.Robust ?? accuracy.Clean;
    }

    /// <summary>Estimates batch-norm statistics over the training images of the next epoch: augmented, in its order.</summary>
    private void EstimateStatistics(Network averaged) => WeightAverage.EstimateStatistics(
        averaged, batches.Epoch(Position.Epoch + 1).Select(batch => batch.Images));

    /// <summary>Saves a checkpoint within an epoch.</summary>
    private void Save()
    {
        DrainPending();
        state.EnsureFinite();
        state.Save();
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
        private TimeSpan lastSave;
        private long images;

        public double Seconds => clock.Elapsed.TotalSeconds;
        public double ImagesPerSecond => images / Math.Max(Seconds, 1e-9);
        public TimeSpan SinceSave => clock.Elapsed - lastSave;
        public void Add(long more) => images += more;
        public void MarkSaved() => lastSave = clock.Elapsed;
    }
}
