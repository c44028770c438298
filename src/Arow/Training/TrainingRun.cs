using System.Globalization;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Classes;
using Arow.Data;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.IO;
using Arow.Models;
using Arow.Objectives;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>
/// A complete training run, from options to a run folder: loads the data, builds the network and trains, with no other
/// set-up.
/// </summary>
/// <example>
/// <code>
/// using var run = new TrainingRun(options, new RunFolder("runs/first"), resume: true);
/// run.Run();
/// EvaluationSummary summary = run.Evaluate();
/// </code>
/// </example>
public sealed class TrainingRun : IDisposable
{
    /// <summary>The maximum bytes of test images that are kept in memory until the evaluation at the end.</summary>
    private const long MaximumCachedTestBytes = 1L << 26;

    private const int MaximumGapImages = 1000;

    private readonly TrainingOptions options;
    private readonly IDataSet data;
    private readonly ImageSet? test;
    private readonly bool resume;
    private readonly ImageSet train;
    private readonly ImageSet? selectionImages;
    private readonly Network network;
    private readonly Network? loadedHelper;
    private ClassOrder? helperOrder;
    private readonly ImageSet? extra;
    private readonly int originalThreads;
    private readonly ProcessGroup group;
    private FolderLock? folderLock;
    private IReadOnlyList<string> extraNames = [], extraRemarks = [];
    private readonly RunData identity;
    private readonly Augmentation augmentation;

    /// <summary>Loads the data and builds the network. Nothing is written.</summary>
    /// <param name="options">Valid options: see <see cref="TrainingOptions.Validate"/>.</param>
    /// <param name="folder">The run folder.</param>
    /// <param name="resume">Whether to resume an existing run; without one a new run starts.</param>
    /// <param name="evaluates">Whether <see cref="Evaluate"/> follows: the test images are then inspected before training.</param>
    /// <exception cref="InputException">The data is missing or invalid, or the folder contains another run.</exception>
    public TrainingRun(TrainingOptions options, RunFolder folder, bool resume = false, bool evaluates = true)
        : this(options, folder, resume, evaluates, fit: null)
    {
    }

    /// <summary>Loads the data, lets the options be fitted to the number of training images, and builds the network.</summary>
    /// <param name="options">As above.</param>
    /// <param name="folder">The run folder, of which only the first process knows.</param>
    /// <param name="resume">As above.</param>
    /// <param name="evaluates">As above.</param>
    /// <param name="fit">Fits the options; null to take them as they are.</param>
    /// <param name="group">The processes that train together; null for one. The constructor makes no calls of it.</param>
    internal TrainingRun(
        TrainingOptions options, RunFolder folder, bool resume, bool evaluates, Func<TrainingOptions, int, TrainingOptions>? fit,
        ProcessGroup? group = null)
    {
        this.group = group ??= ProcessGroup.Single;
        (this.options, Folder, this.resume) = (options, folder, resume);
        int? initialThreads = null;
        if (group.IsFirst)
        {
            CheckFolder();
            this.options = options = folder.ResolveDropoutMask(options);
            // Whether another process is training here is checked before anything is loaded.
            if (Folder.Exists) Folder.AcquireLock().Dispose();
            if (Folder.Exists) initialThreads = Folder.InitialThreads;
        }
        originalThreads = get_num_threads();
        if ((options.Threads ?? initialThreads) is { } threads && threads != originalThreads) set_num_threads(threads);
        var device = FindDevice(options.Device, group.LocalRank);

        data = options.DataSet;
        augmentation = data.Augmentation;
        DataIdentity training;
        DataIdentity? validation;
        using (var loadedImages = data.Load(Split.Train, options.DataDir, options.LimitTrain, options.Seed))
        {
            training = DataIdentity.Compute(loadedImages);
            Inspect("train", loadedImages);
            if (!data.IsGenerated) DataInspection.RequireTwoClasses(Inspection.Splits[0], options.DataDir ?? data.Name);
            using var deviceImages = loadedImages.To(device);
            (train, selectionImages, validation) = SplitData(deviceImages);
            if (fit is not null) this.options = options = fit(options, train.Count);
        }
        DataIdentity? testIdentity = null;
        if (evaluates || options.SelectOn == SelectOn.Test)
        {
            using var images = LoadTest(options, CPU);
            testIdentity = DataIdentity.Compute(images);
            if (options.SelectOn == SelectOn.Test) selectionImages = images.To(device);
            if (evaluates && !data.IsGenerated)
            {
                // Inspected before a training that may take days; large sets are reloaded instead of kept.
                Inspect("test", images);
                if (images.IsPacked || images.Images.numel() <= MaximumCachedTestBytes) test = images.To(CPU);
            }
        }

        network = Network.Create(
            options.Model, new InputShape(train.Channels, train.Height, train.Width), train.Classes.Count,
            options.Normalize ? PixelStatistics.Normalize(train) : PublishedNormalization(train), options.Seed, options.Dropout);
        network.Module.to(device);
        var errors = new List<string>();
        loadedHelper = Collect(errors, () =>
            options.Helper is { } path ? RunInputs.LoadHelper(path, network.Input, train.Classes, device, out helperOrder) : null);
        extra = Collect(errors, () =>
            options.ExtraData is { } path ? RunInputs.LoadExtra(path, options, train, device, out extraNames, out extraRemarks) : null);
        if (RunInputs.ValidateBatchSize(options, train.Count, network) is { } tooSmall) errors.Add(tooSmall);
        if (RunInputs.ValidateCutout(options, network.Input) is { } tooLarge) errors.Add(tooLarge);
        var initialRemarks = Collect(errors, () => options.Init is { } path ? LoadInitialWeights(path) : null);
        Remarks = [.. initialRemarks ?? [], .. ((string?[])[helperOrder?.Remark]).OfType<string>(), .. extraRemarks];
        errors.AddRange(ProcessesValidator.Validate(options, group.Size));
        if (errors.Count > 0) throw new InputException(string.Join("; ", errors));
        if (extra is not null) Inspection.Add("extra", extra);
        identity = RunData.Create(training, testIdentity, extra, options.Helper is { } helperPath ? RunFolder.ResolveWeights(helperPath) : null) with
        {
            Validation = validation,
            Init = group.IsFirst && options.Init is { } model ? EvaluationRun.HashFile(RunFolder.ResolveWeights(model)) : null,
        };
        if (group.IsFirst) CheckData();
    }

    /// <summary>The inspections of the images, made before training; none for generated images.</summary>
    internal DataInspection Inspection { get; } = new();

    /// <summary>What was loaded, ignored or assumed of initial weights, helper and extra images, one line each.</summary>
    internal IReadOnlyList<string> Remarks { get; }

    /// <summary>The run folder.</summary>
    public RunFolder Folder { get; }

    /// <summary>The number of training images.</summary>
    public int TrainingImages => train.Count;

    /// <summary>The number of selecting images; 0 if the last weights are selected.</summary>
    public int SelectionImages => selectionImages?.Count ?? 0;

    /// <summary>Extra images of their own file or folder; 0 for none.</summary>
    internal long ExtraCount => extra?.Count ?? 0;

    /// <summary>Names of the classes.</summary>
    internal IReadOnlyList<string> Classes => train.Classes;

    /// <summary>Images that the network takes.</summary>
    internal InputShape Input => network.Input;

    /// <summary>The options of the run, fitted to its images.</summary>
    internal TrainingOptions Options => options;

    /// <summary>The processes that train together.</summary>
    internal int Processes => group.Size;

    /// <summary>What sums what their cards compute; null without cards.</summary>
    internal string? Sums => options.Device == "cpu" ? null : group.Sums;

    /// <summary>Numbers that are trained.</summary>
    internal long ParameterCount => network.Parameters.Sum(p => p.Value.numel());

    /// <summary>Batches of an epoch.</summary>
    internal int StepsPerEpoch => (train.Count + options.BatchSize - 1) / options.BatchSize;

    /// <summary>Observes the training and receives its warnings; null for none.</summary>
    public ITrainingObserver? Observer { get; init; }

    /// <summary>A custom objective in place of the options'; it is not in the run file.</summary>
    public IObjective? Objective { get; init; }

    /// <summary>Loads the training images of a run, without validation split and extra images.</summary>
    /// <param name="options">The options of the run.</param>
    /// <param name="device">The device to load to.</param>
    public static ImageSet LoadTraining(TrainingOptions options, Device device)
    {
        var data = options.DataSet;
        using var loadedImages = data.Load(Split.Train, options.DataDir, options.LimitTrain, options.Seed);
        using var images = loadedImages.To(device);
        using var validation = options.SelectOn == SelectOn.Validation ? RunInputs.LoadValidation(data, options) : null;
        if (options.SelectOn != SelectOn.Validation || validation is not null) return images.Limit(null, options.Seed);
        var (train, selecting) = SplitValidation(images, options);
        selecting.Dispose();
        return train;
    }

    /// <summary>Loads the test images of a run.</summary>
    public static ImageSet LoadTest(TrainingOptions options, Device device)
    {
        var data = options.DataSet;
        using var loadedImages = data.Load(Split.Test, options.DataDir, options.LimitTest, options.Seed);
        return loadedImages.To(device);
    }

    /// <summary>Returns a device by name.</summary>
    /// <exception cref="InputException">The device is unavailable.</exception>
    public static Device FindDevice(string name) => FindDevice(name, process: 0);

    /// <summary>The same for one of several processes on a machine, which take its devices in turn.</summary>
    private static Device FindDevice(string name, int process)
    {
        if (name == "cuda" && !cuda.is_available())
            throw new InputException("device cuda: libtorch finds no NVIDIA GPU here, or is a build without CUDA (-p:Torch=cuda builds with it)");
        var found = name == "cuda" && process > 0 ? device(name, process % cuda.device_count()) : device(name);
        CudaMath.DisableTf32(found);
        return found;
    }

    /// <summary>Lets the cards of several processes sum without the host, if that is asked for. All processes call it.</summary>
    /// <exception cref="InputException">It is asked for and not possible.</exception>
    internal void JoinCards()
    {
        if (FindDevice(options.Device, group.LocalRank) is { type: DeviceType.CUDA } device) group.JoinCards(device);
    }

    /// <summary>Trains to the end, or to the next step after a stop is requested.</summary>
    public TrainingResult Run(CancellationToken stop = default)
    {
        AsFirst(() =>
        {
            if (folderLock is not null) return;
            folderLock = Folder.AcquireLock();
            // Another process may have started a run here since the first check of the folder.
            CheckFolder();
            CheckData();
        });
        foreach (var remark in Remarks) Warn(remark);
        if (options.SyncNorm && !network.HasBatchNorm) Warn($"{Wording.Current.Setting("sync-norm")}: {options.Model} has no batch norm");
        if (network.DisablesOneDnn)
            Warn($"{options.Model}: has layers whose channels are not a multiple of 16; they are computed without oneDNN, whose gradients would be "
                + "wrong, and are slower");
        if (options.Threads is null && get_num_threads() is var threads && threads != originalThreads)
            Warn($"{(threads == 1 ? "1 thread" : $"{threads} threads")}, as at the start of the run; {Wording.Current.Setting("threads")} sets another number");
        // Initial weights may have brought their own.
        if (!group.IsSingle) network.Normalization = ShareNormalization();
        var duplicates = group.Together(() => extra is null ? [] : FindDuplicates(extra));
        AsFirst(RecordRun);
        using var clean = extra is null ? null : WriteDuplicates(duplicates, extra);
        ImageMemory.Share(group, Warn, train, selectionImages, extra, clean);
        using var createdHelper = options.AuxiliaryModel is not null && loadedHelper is null ? CreateHelper() : null;
        using var trainer = new Trainer(new TrainingSetup(options, Folder, network, new(train, selectionImages, augmentation)
        {
            Extra = clean ?? extra, Helper = loadedHelper ?? createdHelper, HelperOrder = helperOrder, Objective = Objective,
            Sha256 = identity.Training.Sha256, Group = group,
        }))
        {
            Observer = group.IsFirst ? Observer : null,
        };
        trainer.Resume();
        if (createdHelper is not null && options.AuxiliaryModel == AuxiliaryModel.Standard)
        {
            if (!trainer.HasEnded)
            {
                if (!TrainHelper(createdHelper, trainer, stop)) return new TrainingResult(0, 0, Interrupted: true);
            }
            else if (group.IsFirst && ValidateHelper(trainer) is { } fault)
            {
                Warn($"{fault}; the run is complete and no longer needs its helper");
            }
        }
        return trainer.Run(stop);
    }

    /// <summary>The normalization of the first process, for all.</summary>
    private Normalization ShareNormalization()
    {
        var own = network.Normalization;
        var parts = group.Broadcast(() => $"{Models.Normalization.Format(own.Mean)};{Models.Normalization.Format(own.Std)}").Split(';');
        return new Normalization(Numbers(parts[0]), Numbers(parts[1]));

        static double[] Numbers(string text) => [.. text.Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
    }

    /// <summary>Does in the first process what concerns the run folder; if it fails, it fails in all.</summary>
    private void AsFirst(Action work) => group.Together(() =>
    {
        if (group.IsFirst) work();
        return 0;
    });

    private void RecordRun()
    {
        if (!Folder.Exists)
        {
            var provenance = Provenance.ToJson();
            if (!group.IsSingle)
            {
                foreach (var (key, value) in ProcessesStamp.Create(options, group, network.HasBatchNorm)) provenance[key] = value;
            }
            Folder.Create(options, provenance, identity);
            return;
        }
        if (Folder.ReadData() is null)
            Warn($"{Folder.RunFile}: does not identify the images that the run started with (an older version wrote it), so it is unknown "
                + "whether these are the same; the present images are recorded now");
        Folder.RecordData(options, identity);
    }

    /// <summary>Evaluates the selected weights on disk on the test images.</summary>
    /// <param name="observer">Observes the evaluation; null for none.</param>
    /// <param name="stop">Requests a stop after the current batch.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public EvaluationSummary Evaluate(IEvaluationObserver? observer = null, CancellationToken stop = default)
    {
        using var images = TestImages(FindDevice(options.Device));
        return EvaluateWeights(null, images, training: false, observer, stop);
    }

    /// <summary>
    /// Evaluates the weights that are kept besides the selected ones on the test images, and all weights on
    /// <see cref="TrainingOptions.GapImages"/> training images.
    /// </summary>
    /// <param name="observer">Observes the evaluations; null for none.</param>
    /// <param name="stop">Requests a stop after the current batch.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public void EvaluateKept(IEvaluationObserver? observer = null, CancellationToken stop = default)
    {
        var progress = new ProgressForwarder(observer);
        using var images = TestImages(FindDevice(options.Device));
        foreach (var kept in options.Keep) EvaluateWeights(kept, images, training: false, progress, stop);
        if (Math.Min(options.GapImages ?? Math.Min(images.Count, MaximumGapImages), train.Count) is not (> 0 and var count)) return;
        using var sample = train.Limit(count, options.Seed);
        foreach (var kept in (KeptWeights?[])[null, .. options.Keep]) EvaluateWeights(kept, sample, training: true, progress, stop);
    }

    private EvaluationSummary EvaluateWeights(
        KeptWeights? kept, ImageSet images, bool training, IEvaluationObserver? observer, CancellationToken stop)
    {
        var evaluationOptions = new EvaluationOptions
        {
            Attacks = options.TestAttack == NoAttack.Name ? [] : [options.TestAttack], Threat = options.Threat,
            Seed = options.Seed
        };
        return new EvaluationRun(Folder.WeightsFor(kept), evaluationOptions)
        {
            Observer = observer,
            // Results of an earlier process for the same weights are reused.
            Resume = true, RestartIfUnusable = true, FollowsTraining = kept is null && !training,
        }.Execute(images, new EvaluationFolder(Folder.EvaluationFor(kept, training)), stop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        train.Dispose();
        selectionImages?.Dispose();
        test?.Dispose();
        network.Dispose();
        loadedHelper?.Dispose();
        extra?.Dispose();
        folderLock?.Dispose();
        // Restores the threads for other work of this process.
        if (get_num_threads() != originalThreads) set_num_threads(originalThreads);
    }

    private static T? Collect<T>(List<string> errors, Func<T?> load) where T : class
    {
        try
        {
            return load();
        }
        catch (InputException fault)
        {
            errors.Add(fault.Message);
            return null;
        }
    }

    private IReadOnlyList<NearDuplicate> FindDuplicates(ImageSet extra)
    {
        using var tests = LoadTest(options with { LimitTest = null }, extra.Device);
        var found = NearDuplicates.Find(extra.Images, tests.Images);
        return options.DropDuplicates && found.Count == extra.Count
            ? throw new InputException($"extra-data {options.ExtraData}: contains only test images")
            : found;
    }

    /// <summary>
    /// Reports extra images that nearly equal a test image and lists them in the run folder; returns the others, or null if
    /// none is left out.
    /// </summary>
    private ImageSet? WriteDuplicates(IReadOnlyList<NearDuplicate> found, ImageSet extra)
    {
        if (group.IsFirst) AtomicFile.Write(Folder.Duplicates, string.Concat(found
            .Select(d => string.Create(CultureInfo.InvariantCulture,
                $"{Printable.Escape(extraNames[(int)d.Extra])}\t{d.Test}\t{d.Similarity:f4}\t{(d.Mirrored ? "yes" : "no")}\n"))
            .Prepend("extra\ttest\tsimilarity\tmirrored\n")));
        if (found.Count == 0) return null;
        Warn($"{found.Count} of {extra.Count} extra images nearly equal a test image: listed in {Folder.Duplicates}; "
            + (options.DropDuplicates ? "they are left out" : $"{Wording.Current.Setting("drop-duplicates")} leaves them out"));
        if (!options.DropDuplicates) return null;
        using var scope = NewDisposeScope();
        var kept = Enumerable.Range(0, extra.Count).Select(i => (long)i).Except(found.Select(d => d.Extra)).ToArray();
        return extra.Select(tensor(kept, device: extra.Images.device));
    }

    private void Warn(string line)
    {
        if (group.IsFirst) Observer?.OnWarning(line);
    }

    /// <summary>
    /// Loads the initial weights into the network, and returns a description of what was loaded. Of several processes the first does it, and
    /// the others receive its network.
    /// </summary>
    private string[] LoadInitialWeights(string path)
    {
        var (remark, others) = ("", (string?)null);
        if (group.IsFirst)
        {
            var weights = RunFolder.ResolveWeights(path);
            if (!File.Exists(weights)) throw new InputException($"init {path}: not a run folder with weights or a model file");
            var loaded = InitialWeights.Load(weights, options.InitKey, network, train.Classes, options.ResetHead ?? HeadReset.Auto);
            (remark, others) = (loaded.Remark, DescribeOthers(weights, loaded));
        }
        if (options.Freeze is { } freeze) remark = $"{remark}; {Freeze(freeze)}";
        return group.IsFirst ? [remark, .. ((string?[])[others]).OfType<string>()] : [];
    }

    /// <summary>Describes which other functions the keys fit. Without the head of the file, none classifies the images.</summary>
    private string? DescribeOthers(string weights, LoadedWeights loaded)
    {
        if (OtherArchitectures.IsProven(loaded.Metadata)) return null;
        if (!loaded.IsHeadKept) return OtherArchitectures.Describe(weights, network);
        return OtherArchitectures.Find(network, network.ForEvaluation(), null, train, "model") is { } finding ? OtherArchitectures.ToRemark(finding) : null;
    }

    /// <summary>Freezes layers, and returns a description of them.</summary>
    private string Freeze(string freeze)
    {
        var layers = network.LayerNames;
        string[] frozen = int.TryParse(freeze, CultureInfo.InvariantCulture, out var first)
            ? first >= 1 && first < layers.Count ? [.. layers.Take(first)]
                : throw new InputException(
                    $"freeze {first}: {network.Architecture} has {layers.Count} layers and groups, {string.Join(' ', layers)}, of which 1 to "
                        + $"{layers.Count - 1} can be frozen")
            : freeze.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        network.FreezeLayers(frozen);
        return $"frozen: {string.Join(' ', frozen)}";
    }

    /// <summary>
    /// The options of the helper that the run trains jointly: with another seed, so that the two start with different weights.
    /// </summary>
    private TrainingOptions HelperOptions => options.ForHelper() with { Seed = options.Seed + 1 };

    private RunFolder HelperFolder => new(Path.Combine(Folder.Path, "helper"));

    /// <summary>Returns the error of the helper of a complete run; null if it is intact.</summary>
    private string? ValidateHelper(Trainer trainer) => !File.Exists(HelperFolder.Weights) ? $"{HelperFolder.Weights}: is missing"
        : trainer.SetHelper(EvaluationRun.HashFile(HelperFolder.Weights)) ? null
        : $"{HelperFolder.Weights}: is not the helper that the run was trained with: its SHA-256 differs from the one in the checkpoint";

    /// <summary>Creates the helper with its initial weights.</summary>
    private Network CreateHelper()
    {
        var helperOptions = HelperOptions;
        var helper = Network.Create(helperOptions.Model, network.Input, network.Classes, network.Normalization, helperOptions.Seed,
            helperOptions.Dropout);
        helper.Module.to(network.Device);
        return helper;
    }

    /// <summary>
    /// Trains the standard helper network first, in a subfolder of the run folder, where a resumed run finds it.
    /// </summary>
    /// <param name="helper">Receives the weights.</param>
    /// <param name="mainTrainer">The trainer that uses the helper; it records which helper it has had so far.</param>
    /// <param name="stop">Requests a stop.</param>
    /// <returns>False if a stop was requested meanwhile.</returns>
    private bool TrainHelper(Network helper, Trainer mainTrainer, CancellationToken stop)
    {
        var helperOptions = HelperOptions;
        var folder = HelperFolder;
        var isLost = false;
        AsFirst(() =>
        {
            isLost = !folder.Exists && mainTrainer.HasStarted;
            if (!folder.Exists)
            {
                Warn(isLost ? $"{folder.Path}: is lost; the standard helper network is trained again in it"
                    : $"training the standard helper network first, in {folder.Path}");
                BeginHelper();
            }
            else if (ValidateRunFile(folder, helperOptions, identity with { Extra = null, Helper = null }) is { } fault)
            {
                Warn($"{fault}; it is rewritten");
                BeginHelper();
            }
        });
        using var inTraining = CreateHelper();
        using var trainer = new Trainer(new TrainingSetup(
            helperOptions, folder, inTraining, new(train, selectionImages, augmentation) { Sha256 = identity.Training.Sha256, Group = group }))
        {
            Observer = group.IsFirst ? Observer : null,
        };
        trainer.Resume();
        if (trainer.Run(stop).Interrupted) return false;
        AsFirst(Accept);
        foreach (var (_, value) in helper.State.OrderBy(s => s.Key, StringComparer.Ordinal)) group.Broadcast(value);
        return true;

        void Accept()
        {
            if (!mainTrainer.SetHelper(EvaluationRun.HashFile(folder.Weights)))
            {
                if (!isLost) throw new InputException(
                    $"{folder.Weights}: is not the helper that the run was trained with so far: its SHA-256 differs from the one in the checkpoint; "
                        + $"restore {folder.Path}, or move it away to train the helper again");
                Warn($"{folder.Path}: the retrained helper differs from the previous one in its last bits, as on another machine; the run "
                    + "continues with it");
                Folder.AddResumption("with a retrained helper that differs from the previous one");
            }
            var (best, _) = NetworkFile.Load(folder.Weights);
            using (best) helper.CopyFrom(best.State);
        }

        void BeginHelper() => folder.Create(helperOptions, Provenance.ToJson(), identity with { Extra = null, Helper = null });
    }

    /// <summary>
    /// Returns how the run file of a helper was changed; null if it was not. The checkpoint identifies its weights.
    /// </summary>
    private static string? ValidateRunFile(RunFolder folder, TrainingOptions helperOptions, RunData data)
    {
        try
        {
            return (folder.DescribeDifference(helperOptions) ?? folder.ReadData()?.DescribeDifference(data)) is { } difference
                ? $"{folder.RunFile}: has other options than the helper was started with: {difference}" : null;
        }
        catch (InputException fault)
        {
            return fault.Message;
        }
    }

    private void CheckData()
    {
        if (Folder.Exists && Folder.ReadData()?.DescribeDifference(identity) is { } changed)
            throw new InputException(
                $"{Folder.Path}: was started with other data: {changed}; a run resumes only with its own data; choose "
                    + $"{Wording.Current.AnotherFolder} for a new run");
    }

    private void CheckFolder()
    {
        if (Folder.Validate(options, resume) is { } problem) throw new InputException(problem);
    }

    /// <summary>Returns the training images, the selecting images, and the identity of the latter if the data set has a validation set.</summary>
    private (ImageSet Train, ImageSet? Selecting, DataIdentity? Validation) SplitData(ImageSet images)
    {
        if (options.SelectOn != SelectOn.Validation) return (images.Limit(null, options.Seed), null, null);
        if (RunInputs.LoadValidation(data, options) is { } validation)
        {
            using (validation)
            {
                Inspect("validation", validation);
                return (images.Limit(null, options.Seed), validation.To(images.Device), DataIdentity.Compute(validation));
            }
        }
        var (rest, selection) = SplitValidation(images, options);
        return (rest, selection, null);
    }

    /// <summary>Splits the training images if the data set has no validation set.</summary>
    private static (ImageSet Train, ImageSet Selecting) SplitValidation(ImageSet images, TrainingOptions options)
    {
        var count = options.Validation ?? Math.Max(1, Math.Min(1024, images.Count / 10));
        return count < images.Count ? images.RandomSplit(count, options.Seed)
            : throw new InputException($"validation {count} leaves none of the {images.Count} training images");
    }

    private void Inspect(string split, ImageSet images)
    {
        if (!data.IsGenerated) Inspection.Add(split, images);
    }

    /// <summary>Returns the test images of the start of the run, to which its records refer.</summary>
    private ImageSet TestImages(Device device)
    {
        if (test is not null) return test.To(device);
        var images = LoadTest(options, device);
        if (identity.Test?.DescribeDifference(DataIdentity.Compute(images)) is not { } changed) return images;
        images.Dispose();
        throw new InputException(
            $"{options.DataDir ?? data.Name}: the test images have changed since the start of the run: {changed}; its weights are kept: "
            + $"restore the images and {Wording.Current.ResumeIt}, or evaluate on the present images with {Wording.Current.Evaluation(Folder.Path)}");
    }

    private Normalization PublishedNormalization(ImageSet images) => Architectures.Find(options.Model)
        .DefaultNormalization(new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count);
}
