using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>
/// The complete state of a run: its <see cref="Position"/> and the tensors of its parts, which a checkpoint saves under a
/// prefix for each. Random numbers are keyed by seed, epoch and sample and have no state.
/// </summary>
internal sealed class TrainingState
{
    /// <summary>The key of the <see cref="ComputeEnvironment"/> in a checkpoint.</summary>
    private const string EnvironmentKey = "environment";

    private readonly TrainingSetup setup;
    private readonly TrainingOptions options;
    private readonly RunFolder folder;
    private readonly IReadOnlyList<StatePart> parts;

    public TrainingState(TrainingSetup setup)
    {
        (this.setup, options, folder) = (setup, setup.Options, setup.Folder);
        List<StatePart?> all =
        [
            FromNetwork("network/", setup.Network),
            new("velocity/", () => setup.Optimizer.State, setup.Optimizer.Restore),
            setup.Companion is { } companion ? FromNetwork("companion/", companion) : null,
            new("free/", () => setup.Step.State, setup.Step.Restore),
            setup.Classes is { } classes ? new("classes/", () => classes.State, classes.Restore) : null,
            setup.Average is { } average ? FromNetwork("average/", average.Network) : null,
        ];
        parts = [.. all.OfType<StatePart>()];
        Selected = new SelectedFile("selected", folder.Weights, folder, setup.Network);
        Best = new SelectedFile("best", folder.WeightsFor(KeptWeights.Best), folder, setup.Network);
    }

    /// <summary>A part of the state: the prefix of its tensors, and how they are read and restored.</summary>
    private sealed record StatePart(string Prefix, Func<IReadOnlyDictionary<string, Tensor>> Read, Action<IReadOnlyDictionary<string,
        Tensor>> Restore);

    /// <summary>The progress of the run.</summary>
    public ResumePoint Position { get; set; } = new();

    /// <summary>The selected weights.</summary>
    public SelectedFile Selected { get; }

    /// <summary>The best weights without averaging.</summary>
    public SelectedFile Best { get; }

    private ComputeEnvironment Environment => ComputeEnvironment.Current(setup.Network.Device.type);

    /// <summary>Resumes from the newest intact checkpoint; starts from the beginning if there is none.</summary>
    /// <param name="warned">Receives warnings about problems and about differences of the machine, one line each.</param>
    /// <exception cref="InputException">The checkpoint is of another run, or files that belong to it are lost.</exception>
    public void Resume(Action<string> warned)
    {
        setup.Group.Together(() =>
        {
            if (setup.Group.IsFirst) ResumeFromFolder(warned);
            return 0;
        });
        if (!setup.Group.IsSingle) Share();
    }

    /// <summary>Computes a hash of the weights, velocities and averages.</summary>
    public string ComputeHash()
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, value) in Tensors().Where(t => t.Value.is_floating_point()).OrderBy(t => t.Key, StringComparer.Ordinal))
            hash.AppendData(value.detach().cpu().contiguous().bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void ResumeFromFolder(Action<string> warned)
    {
        using var checkpoint = folder.Checkpoints.LoadLatest(warned);
        if (checkpoint is not null)
        {
            EnsureSameRun(checkpoint);
            Position = ResumePoint.FromJson(checkpoint.Metadata["position"]);
            foreach (var part in parts) part.Restore(Tensors(checkpoint, part.Prefix));
            if (setup.Average is { } average) average.Count = Position.Averaged;
            CompareProcesses(warned);
        }
        else if (folder.Checkpoints.Any || folder.ReadLog().Count > 0)
        {
            warned($"{folder.Checkpoints.Path}: has no readable checkpoint: the run restarts from epoch 1");
        }
        Position = Position with { Processes = setup.Group.IsSingle ? null : setup.Group.Size };
        folder.TruncateLog(Position.LogLength, Position.Epoch, Position.LogSha256);
        Position = Position with
        {
            SelectedSha256 = Selected.Resume(Position.BestEpoch, Position.Epoch, Position.SelectedSha256, warned),
            BestUnaveragedSha256 = Best.Resume(Position.BestUnaveragedEpoch, Position.Epoch, Position.BestUnaveragedSha256, warned),
        };
        if (setup.Probe is { } probe) VerifyProbes(probe, warned);
        if (checkpoint is not null) CompareEnvironment(checkpoint, warned);
    }

    /// <summary>Writes a checkpoint.</summary>
    public void Save()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var clock = Stopwatch.StartNew();
        Position = Position with { Averaged = setup.Average?.Count ?? 0 };
        folder.Checkpoints.Save(
            Position.Step, Tensors(),
            AddDataHash(new()
            {
                ["position"] = Position.ToJson(), ["options"] = SerializeOptions(options),
                [EnvironmentKey] = Environment.ToJson()
            }));
        Selected.OnCheckpoint(Position.BestEpoch);
        Best.OnCheckpoint(Position.BestUnaveragedEpoch);
        ArowEvents.Tell(() => string.Create(
            CultureInfo.InvariantCulture, $"checkpoint: step {Position.Step} saved in {clock.ElapsedMilliseconds} ms"));
    }

    /// <summary>Writes weights.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="weights">The network.</param>
    /// <param name="epoch">The epoch of the weights, from 1.</param>
    /// <param name="selectedOn">The images that selected them.</param>
    public void SaveWeights(string path, Network weights, int epoch, string selectedOn)
    {
        var notes = AddDataHash(new()
        {
            ["dataset"] = setup.Input.Train.Name,
            ["objective"] = options.Objective,
            [SelectedFile.EpochKey] = $"{epoch}",
            ["selected_on"] = selectedOn,
        });
        if (options.LimitTrain is { } limit) notes[TrainingMetadata.LimitKey] = TrainingMetadata.FormatLimit(limit, options.Seed);
        if (options.ImageSize is not null) notes[ModelMetadata.ImageResizingKey] = ResizedPictures.Method;
        GuardFinite(() =>
        {
            NetworkFile.Save(path, weights, notes, setup.Input.Train.Classes);
            return true;
        });
    }

    /// <summary>Ensures that weights, batch-norm statistics and averages are finite before they are saved or selected.</summary>
    /// <exception cref="DivergedException">A value is not finite.</exception>
    public void EnsureFinite()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        List<(string Name, Tensor Finite)> all =
            [.. Tensors().Where(t => t.Value.is_floating_point()).Select(t => (t.Key, Arow.Finite.All(t.Value)))];
        // A single read of the device for all tensors.
        if (stack([.. all.Select(t => t.Finite)]).all().item<bool>()) return;
        throw Diverged($"{all.First(t => !t.Finite.item<bool>()).Name} contains values that are not finite");
    }

    /// <summary>Runs work that can fail although the weights are finite: they may be so large that the logits are not.</summary>
    /// <exception cref="DivergedException">The logits are not finite.</exception>
    public T GuardFinite<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ArithmeticException fault)
        {
            throw Diverged(fault.Message);
        }
    }

    /// <summary>Creates the exception for a batch whose loss is not finite or explodes.</summary>
    /// <param name="fault">The error.</param>
    /// <param name="images">The indices of the batch's images: [N], int64.</param>
    /// <param name="step">The step, from 1.</param>
    public DivergedException Diverged(ArithmeticException fault, Tensor images, long step)
    {
        long[] samples = [.. images.cpu().data<long>()];
        return new DivergedException(
            $"training diverged at step {step} (epoch {Position.Epoch + 1}): {fault.Message}; "
            + $"its training images: {string.Join(' ', samples)}; {Advice}", step, samples);
    }

    /// <summary>Gives all processes the state of the first.</summary>
    private void Share()
    {
        using var scope = NewDisposeScope();
        var tensors = Tensors();
        var header = setup.Group.Broadcast(() => string.Join('\n', tensors.Select(t =>
            $"{t.Key}\t{(sbyte)t.Value.dtype}\t{string.Join(',', t.Value.shape)}").Prepend(Position.ToJson()))).Split('\n');
        if (!setup.Group.IsFirst)
        {
            Position = ResumePoint.FromJson(header[0]);
            tensors = header.Skip(1).Select(line => line.Split('\t')).ToDictionary(t => t[0], t =>
            {
                long[] shape = [.. t[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
                return zeros(shape, (ScalarType)sbyte.Parse(t[1], CultureInfo.InvariantCulture), device: CPU);
            });
        }
        foreach (var tensor in tensors.Values) setup.Group.Broadcast(tensor);
        if (setup.Group.IsFirst) return;
        foreach (var part in parts)
        {
            part.Restore(tensors.Where(t => t.Key.StartsWith(part.Prefix, StringComparison.Ordinal))
                .ToDictionary(t => t.Key[part.Prefix.Length..], t => t.Value));
        }
        if (setup.Average is { } average) average.Count = Position.Averaged;
    }

    /// <summary>Batches of an epoch are counted in those of a process, so their number may change between epochs only.</summary>
    private void CompareProcesses(Action<string> warned)
    {
        var (before, now) = (Position.Processes ?? 1, setup.Group.Size);
        if (before == now) return;
        if (Position.Batch > 0)
            throw new InputException($"{folder.Path}: was stopped within an epoch of {Count(before)}, so {Count(before)} can resume it, not {now}");
        warned($"{folder.Path}: resumes with {Count(now)}, not {before}: the weights will differ from those of an uninterrupted run");
        folder.AddResumption($"after step {Position.Step}: {Count(now)}, not {before}");

        static string Count(int processes) => processes == 1 ? "1 process" : $"{processes} processes";
    }

    private DivergedException Diverged(string fault) =>
        new($"training diverged by step {Position.Step} (epoch {Position.Epoch + 1}): {fault}; {Advice}", Position.Step, []);

    private string Advice =>
        $"{(folder.Checkpoints.Any ? $"the last good checkpoint is kept in {folder.Path}; " : "")}a lower {Wording.Current.Setting("lr")} or "
        + $"{Wording.Current.Setting("clip-gradient")} may help";

    private static StatePart FromNetwork(string prefix, Network network) => new(prefix, () => network.State, network.CopyFrom);

    /// <summary>Returns all tensors by their names in a checkpoint.</summary>
    private Dictionary<string, Tensor> Tensors() =>
        parts.SelectMany(part => part.Read().Select(t => (Name: part.Prefix + t.Key, t.Value))).ToDictionary(t => t.Name, t => t.Value);

    private static Dictionary<string, Tensor> Tensors(SafetensorsFile file, string prefix) =>
        file.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

    private Dictionary<string, string> AddDataHash(Dictionary<string, string> notes)
    {
        if (setup.Input.Sha256 is { } sha256) notes[TrainingMetadata.DataKey] = sha256;
        return notes;
    }

    /// <summary>Warns about changed probes, which a resumed run does not need and which cannot be recreated.</summary>
    private void VerifyProbes(TrainingProbe probe, Action<string> warned)
    {
        int[] probedEpochs = [.. folder.ReadLog().Where(e => e.Bound is not null).Select(e => e.Epoch)];
        var fault = folder.Probes.DescribeMissing(probe.Sets, probedEpochs);
        var found = fault is null ? probedEpochs.Aggregate((string?)null, probe.ChainHash) : null;
        if (Position.WatchedSha256 is { } recorded && found is not null && recorded != found)
            fault = $"{folder.Probes.Path}: is not from this run: its SHA-256 differs from the one in the checkpoint";
        if (fault is not null) warned(
            $"{fault}; it cannot be recreated; {Wording.Current.Analysis} will omit it, show the present files, or refuse the folder");
        Position = Position with { WatchedSha256 = found };
    }

    /// <summary>Warns if the machine, its threads or its libtorch differ from the checkpoint's, since rounding then differs.</summary>
    private void CompareEnvironment(SafetensorsFile checkpoint, Action<string> warned)
    {
        if (!checkpoint.Metadata.TryGetValue(EnvironmentKey, out var json) || ComputeEnvironment.FromJson(json) is not { } before) return;
        if (Environment.DifferenceFrom(before) is not { } difference) return;
        warned($"{folder.Path}: resumes with {difference}: the weights may differ in their last bits from those of an uninterrupted run");
        folder.AddResumption($"after step {Position.Step}: {difference}");
    }

    /// <summary>Compares a checkpoint with the run file beside it; options of other versions are ignored.</summary>
    private void EnsureSameRun(SafetensorsFile checkpoint)
    {
        if (!checkpoint.Metadata.ContainsKey("position")) throw new InputException(
            $"{folder.Checkpoints.Path}: its newest file is not a checkpoint of a run");
        if (folder.Exists && checkpoint.Metadata.TryGetValue("options", out var serialized)) EnsureSameOptions(serialized);
        if (setup.Input.Sha256 is { } sha256 && checkpoint.Metadata.TryGetValue(TrainingMetadata.DataKey, out var data) && data != sha256)
            throw new InputException($"{folder.Checkpoints.Path}: is of a run with other training images");
    }

    private void EnsureSameOptions(string serialized)
    {
        var current = SerializeOptions(options).Split('\n').ToHashSet();
        // Data may have been moved.
        var known = Settings.All.Where(s => RunFolder.AffectsResult(s) && !s.IsPath).Select(s => s.Name).ToHashSet();
        var others = serialized.Split('\n').Where(line => known.Contains(line.Split(' ')[0]) && !current.Contains(line)).ToList();
        if (others.Count > 0) throw new InputException(
            $"{folder.Checkpoints.Path}: is of a run with {string.Join(", ", others)}, which {folder.RunFile} is not");
    }

    /// <summary>Formats the set options, one a line: "lambda 6".</summary>
    private static string SerializeOptions(TrainingOptions options) =>
        string.Join('\n', Settings.All.Where(s => s.Get(options) is not null).Select(s => $"{s.Name} {s.Get(options)}"));
}
