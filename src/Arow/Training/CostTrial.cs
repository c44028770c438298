using System.Diagnostics;
using System.Globalization;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Models;
using Arow.Models.Execution;
using Arow.Options;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>The cost of a run on this machine, in seconds.</summary>
/// <param name="Step">A training step, summed over the trained networks.</param>
/// <param name="Selection">A selecting image, in each evaluation.</param>
/// <param name="Pass">The pass of an image through the network in an evaluation.</param>
/// <param name="BatchSize">The images of the measured steps: fewer than the run's if its own step takes too long.</param>
/// <param name="Classes">The number of classes.</param>
internal sealed record RunCost(double Step, double Selection, double Pass, int BatchSize, int Classes);

/// <summary>
/// Measures the cost of a run by a few real steps, in a temporary folder: the same code trains, with
/// all parts of a step.
/// </summary>
internal static class CostTrial
{
    /// <summary>The maximum seconds of a measured step, and of one with a single image for measuring at all.</summary>
    private const double MaximumStepSeconds = 3, MaximumImageSeconds = 10;

    /// <summary>Measures the run.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="stop">Requests a stop after the current step.</param>
    /// <exception cref="InputException">Its data is missing or invalid, or it is too slow to measure.</exception>
    /// <exception cref="DivergedException">The first steps diverge.</exception>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public static RunCost Measure(TrainingOptions options, CancellationToken stop = default)
    {
        if (options.Threads is { } threads) set_num_threads(threads);
        var folder = Directory.CreateTempSubdirectory("arow-cost-");
        try
        {
            using var scope = NewDisposeScope();
            using var images = TrainingRun.LoadTest(options with { LimitTest = Math.Clamp(options.BatchSize, 1, 32) },
                TrainingRun.FindDevice(options.Device));
            var image = EstimateImageSeconds(options, images);
            if (image > MaximumImageSeconds) throw new InputException($"a step with one image takes about {image:F0} s, too long to measure");
            var size = Math.Clamp((int)(MaximumStepSeconds / image), 2, Math.Max(2, options.BatchSize));
            var steps = Math.Clamp((int)(1 / (image * size)), 2, 8);

            var step = MeasureStep(CreateTrialOptions(options, size, steps), new RunFolder(Path.Combine(folder.FullName, "run")),
                stop) * options.BatchSize / size;
            var (network, _) = NetworkFile.Load(new RunFolder(Path.Combine(folder.FullName, "run")).Weights);
            using (network)
            {
                network.Module.to(images.Device);
                using var sample = images.Limit(Math.Max(1, Math.Min(images.Count, (int)(MaximumStepSeconds / image))), options.Seed);
                var hasAttack = options.CreateAttack(options.CreateObjective()) is not null;
                var selection = options.SelectOn == SelectOn.Last ? 0 : Time(() => new Selection(
                    sample, hasAttack ? Pgd.Standard(options.Threat, steps: 10) : null, options.Seed, options.BatchSize, options.Precision)
                        .Evaluate(network)) / sample.Count;
                var cost = new RunCost(step, selection, MeasurePass(options, network, sample), size, images.Classes.Count);
                ArowEvents.Tell(() => string.Create(CultureInfo.InvariantCulture, $"measured: {steps} steps of {size} images, {1000 * cost.Step:f1} ms "
                    + $"a step; a selecting image {1000 * cost.Selection:f2} ms; a pass of an image {1000 * cost.Pass:f2} ms"));
                return cost;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// Returns a few steps of the run without selection: of its options those of data, those that cost, and tuned ones such as the
    /// learning rate.
    /// </summary>
    private static TrainingOptions CreateTrialOptions(TrainingOptions options, int size, int steps) =>
        options.Only(SettingUses.Cost | SettingUses.Tuned | SettingUses.Inputs) with
        {
            Threat = options.Threat,
            BatchSize = size,
            LimitTrain = size * (steps + 1),
            Epochs = 1,
            Accumulate = 1,
            SelectOn = SelectOn.Last,
            Validation = null,
            GapImages = 0,
            CheckpointEvery = int.MaxValue,
            // What starts later in a run starts at once here.
            AwpStart = options.Awp is null ? null : 1,
            GeometryStart = options.GeometryStart is null ? null : 1,
            ExtraLimit = options.ExtraData is null ? null : size,
            DropDuplicates = false,
        };

    /// <summary>Estimates the time of a training image from a forward pass.</summary>
    private static double EstimateImageSeconds(TrainingOptions options, Data.ImageSet images)
    {
        using var network = Network.Create(
            options.Model, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count, Normalization.None, options.Seed);
        network.Module.to(images.Device);
        using var frozen = no_grad();
        using var view = network.Freeze(options.Precision);
        using var pixels = Data.ImageSet.ToPixels(images.Gather(0, Math.Min(4, images.Count)));
        var forward = Time(() => view.Classifier(pixels).Dispose()) / pixels.shape[0];
        var attack = options.CreateAttack(options.CreateObjective());
        return forward * ((attack?.Passes(images.Classes.Count) ?? 0) + 6) * (options.Replays ?? options.Method.Replays ?? 1);
    }

    /// <summary>Returns the median time between two steps, summed over the networks that are trained one after another.</summary>
    private static double MeasureStep(TrainingOptions options, RunFolder folder, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        List<double> ends = [];
        var seconds = 0.0;
        using var training = new TrainingRun(options, folder)
        {
            Observer = new TrainingCallbacks
            {
                Step = _ => ends.Add(clock.Elapsed.TotalSeconds),
                Epoch = _ =>
                {
                    // The first step includes one-time costs.
                    var durations = ends.Zip(ends.Skip(1), (a, b) => b - a).Order().ToList();
                    seconds += durations.Count == 0 ? ends[0] : durations[durations.Count / 2];
                    ends.Clear();
                },
            },
        };
        if (training.Run(stop).Interrupted) throw new OperationCanceledException(stop);
        return seconds;
    }

    private static double MeasurePass(TrainingOptions options, Network network, Data.ImageSet images)
    {
        const int Steps = 3;
        using var frozen = no_grad();
        using var view = network.HasExecutors ? network.Fold() : network.Freeze(Precision.Exact);
        var attack = Pgd.Standard(options.Threat, Steps);
        var pixels = Data.ImageSet.ToPixels(images.Images);
        var noise = Noise.Keyed(options.Seed, images.Indices);
        return Time(() => attack.Perturb(view.Classifier, pixels, images.Labels, noise)
            .Dispose()) / (attack.Passes(images.Classes.Count) * (double)images.Count);
    }

    /// <summary>Times the second execution, since the first includes one-time costs.</summary>
    private static double Time(Action work)
    {
        work();
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }
}
