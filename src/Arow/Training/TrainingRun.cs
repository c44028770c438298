using System.Globalization;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Models;
using Arow.Objectives;

namespace Arow.Training;

/// <summary>
/// A whole training run, from options to a run folder: data, network, training, and nothing that a user would have to
/// put together.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly TrainingOptions options;
    private readonly bool resume;
    private readonly ImageSet train;
    private readonly ImageSet? selecting;
    private readonly Network network;
    private readonly Network? loaded;
    private readonly ImageSet? extra;
    private readonly int threadsBefore;
    private Claim? claim;
    private IReadOnlyList<string> extraPlaces = [], extraRemarks = [];
    private readonly Augmentation augmentation;

    /// <summary>Loads the data and builds the network. Nothing is written.</summary>
    /// <param name="options">Valid options: see <see cref="TrainingOptions.Problems"/>.</param>
    /// <param name="folder">Where the run is kept.</param>
    /// <param name="resume">Go on with the run that is there; begin if none is.</param>
    /// <exception cref="InputException">The data is not there or not right, or the folder holds another run.</exception>
    public TrainingRun(TrainingOptions options, RunFolder folder, bool resume = false)
    {
        (Folder, this.resume) = (folder, resume);
        this.options = options = folder.Complete(options);
        CheckFolder();
        // Where another process trains, nothing has to be loaded to find it out.
        if (Folder.Exists) Folder.Take().Dispose();
        threadsBefore = get_num_threads();
        if ((options.Threads ?? (Folder.Exists ? Folder.BegunThreads : null)) is { } threads && threads != threadsBefore) set_num_threads(threads);
        var device = FindDevice(options.Device);

        var data = Catalog.Find("dataset", options.Dataset!, Catalog.DataSets);
        augmentation = options.Augment ? data.Augmentation : Augmentation.None;
        using (var some = data.Load(Split.Train, options.DataDir, options.LimitTrain, options.Seed))
        using (var here = some.To(device))
        {
            (train, selecting) = Divide(here);
        }
        if (options.SelectOn == "test") selecting = LoadTest(options, device);

        network = Network.Create(
            options.Model, new InputShape(train.Channels, train.Height, train.Width), train.Classes.Count,
            options.Normalize ? Normalization(train) : Models.Normalization.None, options.Seed, options.Dropout);
        network.Module.to(device);
        var faults = new List<string>();
        loaded = Try(faults, () => options.Helper is { } path ? LoadHelper(path, network.Input, network.Classes, device) : null);
        extra = Try(faults, () => options.ExtraData is { } path ? LoadExtra(path, options, train, device, out extraPlaces, out extraRemarks) : null);
        if (BatchFault(options, train.Count, network) is { } tooSmall) faults.Add(tooSmall);
        if (faults.Count > 0) throw new InputException(string.Join("; ", faults));
    }

    /// <summary>Where the run is kept.</summary>
    public RunFolder Folder { get; }

    /// <summary>Images that the weights are trained on.</summary>
    public int TrainingImages => train.Count;

    /// <summary>Told after every step.</summary>
    public Action<TrainingProgress>? Stepped { get; init; }

    /// <summary>Told after every epoch.</summary>
    public Action<EpochRecord>? EpochDone { get; init; }

    /// <summary>An objective of your own in place of the options'; the run file does not know it.</summary>
    public IObjective? Objective { get; init; }

    /// <summary>Told of what is passed over or found amiss, a line each.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>The test images that the options ask for.</summary>
    public static ImageSet LoadTest(TrainingOptions options, Device device)
    {
        var data = Catalog.Find("dataset", options.Dataset!, Catalog.DataSets);
        using var some = data.Load(Split.Test, options.DataDir, options.LimitTest, options.Seed);
        return some.To(device);
    }

    /// <summary>The device of a name.</summary>
    /// <exception cref="InputException">There is none here.</exception>
    public static Device FindDevice(string name)
    {
        if (name == "cuda" && !cuda.is_available())
            throw new InputException("device cuda: libtorch finds no NVIDIA GPU here, or is a build without CUDA (-p:Torch=cuda builds with it)");
        var found = device(name);
        CudaMath.KeepFloat32(found);
        return found;
    }

    /// <summary>Trains to the end, or to the next step after a stop is asked for.</summary>
    public TrainingResult Run(CancellationToken stop = default)
    {
        if (claim is null)
        {
            claim = Folder.Take();
            // Another process may have begun a run here since the folder was first looked at.
            CheckFolder();
        }
        foreach (var remark in extraRemarks) Warn(remark);
        if (network.UsesPlainConvolutions)
            Warn($"{options.Model}: has layers whose channels are no multiple of 16; they are computed without oneDNN, whose gradients would be wrong, and take longer");
        if (options.Threads is null && get_num_threads() is var threads && threads != threadsBefore)
            Warn($"{(threads == 1 ? "1 thread" : $"{threads} threads")}, as the run was begun with; --threads chooses another number");
        var duplicates = extra is null ? [] : FindDuplicates(extra);
        if (!Folder.Exists) Folder.Begin(options, Provenance.ToJson());
        using var clean = extra is null ? null : Report(duplicates, extra);
        using var made = options.Help is { } help && loaded is null ? MakeHelper(help, stop) : null;
        if (stop.IsCancellationRequested && made is null && options.Help is not null && loaded is null)
            return new TrainingResult(0, 0, Interrupted: true);

        using var trainer = new Trainer(options, Folder, network, train, selecting, augmentation, loaded ?? made, Objective, clean ?? extra)
        {
            Stepped = Stepped, EpochDone = EpochDone,
        };
        trainer.Resume(Warn);
        return trainer.Run(stop);
    }

    /// <summary>Measures the selected weights, as they are on disk, on the test images.</summary>
    /// <param name="progressed">Told after every batch.</param>
    /// <param name="examined">Told in the end, while the classifier is still there.</param>
    /// <param name="stop">Asks for a stop after the current batch.</param>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public EvaluationSummary Evaluate(
        Action<EvaluationProgress>? progressed = null, Action<Examined>? examined = null, CancellationToken stop = default)
    {
        const int BatchSize = 250;
        using var images = LoadTest(options, FindDevice(options.Device));
        string[] attacks = options.TestAttack == "clean" ? [] : [options.TestAttack];
        return new EvaluationRun(
            Folder.Weights, Architecture: null, attacks, options.Norm, options.Epsilon, BatchSize, options.Seed)
        {
            Progressed = progressed, Examined = examined,
            // What an earlier process has measured of the same weights does not have to be measured again.
            Resume = true, OrAnew = true,
        }.Execute(images, new EvaluationFolder(Folder.Evaluation), stop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        train.Dispose();
        selecting?.Dispose();
        network.Dispose();
        loaded?.Dispose();
        extra?.Dispose();
        claim?.Dispose();
        // What else this process computes has the threads that it would have had.
        if (get_num_threads() != threadsBefore) set_num_threads(threadsBefore);
    }

    private static T? Try<T>(List<string> faults, Func<T?> load) where T : class
    {
        try
        {
            return load();
        }
        catch (InputException fault)
        {
            faults.Add(fault.Message);
            return null;
        }
    }

    /// <summary>Labelled images to mix in, of the shape and the classes of those that are there.</summary>
    internal static ImageSet LoadExtra(
        string path, TrainingOptions options, ImageSet train, Device device, out IReadOnlyList<string> places, out IReadOnlyList<string> remarks)
    {
        using var images = ExtraImages.Load(
            path, train.Channels, train.Height, train.Width, train.Classes, options.ExtraLimit, options.Seed);
        if (images.Labels is null)
            throw new InputException($"extra-data {path}: has no labels; 'arow pseudo-label' writes an .npz file that has");
        var (least, most) = (images.Labels.min().item<long>(), images.Labels.max().item<long>());
        if (least < 0 || most >= train.Classes.Count)
            throw new InputException($"extra-data {path}: has labels from {least} to {most}, not from 0 to {train.Classes.Count - 1}; 'arow pseudo-label' gives images others");
        (places, remarks) = (images.Places, images.Remarks);
        using var here = new ImageSet(Path.GetFileName(path), images.Images.alias(), images.Labels.alias(), train.Classes);
        return here.To(device);
    }

    private IReadOnlyList<NearDuplicate> FindDuplicates(ImageSet extra)
    {
        using var tests = LoadTest(options with { LimitTest = null }, FindDevice(options.Device));
        var found = NearDuplicates.Find(extra.Images, tests.Images);
        return options.DropDuplicates && found.Count == extra.Count
            ? throw new InputException($"extra-data {options.ExtraData}: has nothing but test images")
            : found;
    }

    /// <summary>
    /// Tells of extra images that all but show a test image and lists them in the run folder; gives the others, or null if
    /// none is to be left out.
    /// </summary>
    private ImageSet? Report(IReadOnlyList<NearDuplicate> found, ImageSet extra)
    {
        WholeFile.Write(Folder.Duplicates, string.Concat(found
            .Select(d => string.Create(CultureInfo.InvariantCulture, $"{extraPlaces[(int)d.Extra]}\t{d.Test}\t{d.Similarity:f4}\t{(d.Mirrored ? "yes" : "no")}\n"))
            .Prepend("extra\ttest\tsimilarity\tmirrored\n")));
        if (found.Count == 0) return null;
        Warn($"{found.Count} of {extra.Count} extra images all but show a test image: listed in {Folder.Duplicates}; "
            + (options.DropDuplicates ? "they are left out" : "--drop-duplicates leaves them out"));
        if (!options.DropDuplicates) return null;
        using var scope = NewDisposeScope();
        var kept = Enumerable.Range(0, extra.Count).Select(i => (long)i).Except(found.Select(d => d.Extra)).ToArray();
        return extra.Take(tensor(kept, device: extra.Images.device));
    }

    private void Warn(string line) => Warned?.Invoke(line);

    /// <summary>The network that an objective asks, from a run folder or a weights file.</summary>
    internal static Network LoadHelper(string path, InputShape input, int classes, Device device)
    {
        var weights = Directory.Exists(path) ? new RunFolder(path).Weights : path;
        if (!File.Exists(weights)) throw new InputException($"helper {path}: is neither a run folder with weights nor a weights file");
        var (helper, _) = Weights.Load(weights);
        if (helper.Input != input || helper.Classes != classes)
        {
            using (helper)
            {
                throw new InputException(
                    $"helper {path}: takes {helper.Input} images of {helper.Classes} classes, but the data set has {input} images of {classes}");
            }
        }
        helper.Module.to(device);
        return helper;
    }

    /// <summary>
    /// A standard network, trained first in a folder of its own below the run's, where a run that is resumed finds it; or
    /// a companion as it begins. Null if a stop was asked for meanwhile.
    /// </summary>
    private Network? MakeHelper(Help help, CancellationToken stop)
    {
        // Another seed than the network's: they are to learn together, not to begin as one.
        var theirs = options.ForHelper() with { Seed = options.Seed + 1 };
        var helper = Network.Create(theirs.Model, network.Input, network.Classes, network.Normalization, theirs.Seed, theirs.Dropout);
        helper.Module.to(network.Device);
        if (help == Help.Companion) return helper;

        using (helper)
        {
            var folder = new RunFolder(Path.Combine(Folder.Path, "helper"));
            if (!folder.Exists)
            {
                Warn($"training the standard network that helps first, in {folder.Path}");
                folder.Begin(theirs, Provenance.ToJson());
            }
            using var trainer = new Trainer(theirs, folder, helper, train, selecting, augmentation)
            {
                Stepped = Stepped, EpochDone = EpochDone,
            };
            trainer.Resume(Warn);
            if (trainer.Run(stop).Interrupted) return null;
            var (best, _) = Weights.Load(folder.Weights);
            best.Module.to(network.Device);
            return best;
        }
    }

    /// <summary>Why a network cannot be trained in batches of that size; null if it can.</summary>
    /// <param name="options">The size of the batches, and which network helps.</param>
    /// <param name="images">Images that are trained on.</param>
    /// <param name="network">The network.</param>
    internal static string? BatchFault(TrainingOptions options, int images, Network network)
    {
        if (Math.Min(options.BatchSize, images) > 1) return null;
        using var helper = options is { Help: not null, Helper: null }
            ? Network.Create(options.ForHelper().Model, network.Input, network.Classes, network.Normalization, options.Seed) : null;
        if (new[] { network, helper }.FirstOrDefault(n => n?.SmallestBatch() > 1) is not { } refusing) return null;
        var size = options.BatchSize == 1 ? "batch-size 1 is" : "one training image is";
        return $"{size} too small for {refusing.Architecture} on images of {refusing.Input}: a batch norm in it has one value a channel of one image, and no variance; it needs 2 images at a time";
    }

    private void CheckFolder()
    {
        if (Folder.Problem(options, resume) is { } problem) throw new InputException(problem);
    }

    private (ImageSet Train, ImageSet? Selecting) Divide(ImageSet images)
    {
        if (options.SelectOn != "validation") return (images.Limit(null, options.Seed), null);
        var count = options.Validation ?? Math.Max(1, Math.Min(1024, images.Count / 10));
        if (count >= images.Count)
            throw new InputException($"validation {count} leaves nothing of the {images.Count} training images");
        return images.Divide(count, options.Seed);
    }

    private static Normalization Normalization(ImageSet images)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        long[] allButChannels = [0, 2, 3];
        var pixels = ImageSet.Pixels(images.Images);
        var mean = pixels.mean(allButChannels, keepdim: true);
        var variance = (pixels - mean).square().mean(allButChannels);
        double[] Numbers(Tensor t) => [.. t.flatten().cpu().to(ScalarType.Float64).data<double>()];
        return new Normalization(Numbers(mean), [.. Numbers(variance.sqrt()).Select(s => Math.Max(s, 1e-3))]);
    }
}
