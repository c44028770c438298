using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>
/// All that the future of a run depends on: its <see cref="Position"/> and the tensors of its parts, which a checkpoint keeps under a
/// prefix for each. Random numbers are keyed by seed, epoch and sample and have no state.
/// </summary>
internal sealed class TrainingState
{
    private const string DataKey = "data_sha256";

    /// <summary>What a checkpoint keeps its <see cref="ComputeEnvironment"/> under.</summary>
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

    /// <summary>A part: what its tensors are called after, what they are, and how they are put back.</summary>
    private sealed record StatePart(string Prefix, Func<IReadOnlyDictionary<string, Tensor>> Read, Action<IReadOnlyDictionary<string,
        Tensor>> Restore);

    /// <summary>How far the run has come.</summary>
    public ResumePoint Position { get; set; } = new();

    /// <summary>The selected weights.</summary>
    public SelectedFile Selected { get; }

    /// <summary>The best weights that are no average.</summary>
    public SelectedFile Best { get; }

    private ComputeEnvironment Environment => ComputeEnvironment.Current(setup.Network.Device.type);

    /// <summary>Goes on from the newest checkpoint that is whole; from the beginning if there is none.</summary>
    /// <param name="warned">Told of what is amiss, and of what in the machine is not as it was, a line each.</param>
    /// <exception cref="InputException">The checkpoint is of another run, or what it belongs to is lost.</exception>
    public void Resume(Action<string> warned)
    {
        using var checkpoint = folder.Checkpoints.LoadLatest(warned);
        if (checkpoint is not null)
        {
            EnsureSameRun(checkpoint);
            Position = ResumePoint.FromJson(checkpoint.Metadata["position"]);
            foreach (var part in parts) part.Restore(Tensors(checkpoint, part.Prefix));
            if (setup.Average is { } average) average.Count = Position.Averaged;
        }
        else if (folder.Checkpoints.Any || folder.ReadLog().Count > 0)
        {
            warned($"{folder.Checkpoints.Path}: has no checkpoint that can be read: the run begins anew, with epoch 1");
        }
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
    }

    /// <summary>Writes weights.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="weights">The network.</param>
    /// <param name="epoch">The epoch that they are of, from 1.</param>
    /// <param name="selectedOn">What they were selected on.</param>
    public void SaveWeights(string path, Network weights, int epoch, string selectedOn)
    {
        var notes = AddDataHash(new()
        {
            ["dataset"] = setup.Input.Train.Name,
            ["objective"] = options.Objective,
            [SelectedFile.EpochKey] = $"{epoch}",
            ["selected_on"] = selectedOn,
        });
        if (options.ImageSize is not null) notes[ResizedPictures.MetadataKey] = ResizedPictures.Method;
        GuardFinite(() =>
        {
            NetworkFile.Save(path, weights, notes, setup.Input.Train.Classes);
            return true;
        });
    }

    /// <summary>What is not finite is neither kept nor selected, be it a weight, the statistics of a batch norm or an average.</summary>
    /// <exception cref="DivergedException">Something is not.</exception>
    public void EnsureFinite()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        List<(string Name, Tensor Finite)> all =
            [.. Tensors().Where(t => t.Value.is_floating_point()).Select(t => (t.Key, Arow.Finite.All(t.Value)))];
        // One look at the device for all of them.
        if (stack([.. all.Select(t => t.Finite)]).all().item<bool>()) return;
        throw Diverged($"{all.First(t => !t.Finite.item<bool>()).Name} holds what is no number (NaN) or infinite");
    }

    /// <summary>Does what finite weights may be too large for, as their logits are then not finite.</summary>
    /// <exception cref="DivergedException">They are.</exception>
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

    /// <summary>That a batch's loss is not finite or explodes.</summary>
    /// <param name="fault">What was found.</param>
    /// <param name="images">[N], int64: which images the batch has.</param>
    /// <param name="step">From 1.</param>
    public DivergedException Diverged(ArithmeticException fault, Tensor images, long step)
    {
        long[] samples = [.. images.cpu().data<long>()];
        return new DivergedException(
            $"training diverged at step {step} (epoch {Position.Epoch + 1}): {fault.Message}; "
            + $"its training images: {string.Join(' ', samples)}; {Advice}", step, samples);
    }

    private DivergedException Diverged(string fault) =>
        new($"training diverged by step {Position.Step} (epoch {Position.Epoch + 1}): {fault}; {Advice}", Position.Step, []);

    private string Advice =>
        $"{(folder.Checkpoints.Any ? $"the last good checkpoint is kept in {folder.Path}; " : "")}a lower --lr or --clip-gradient may help";

    private static StatePart FromNetwork(string prefix, Network network) => new(prefix, () => network.State, network.CopyFrom);

    /// <summary>All tensors by the names that a checkpoint has for them.</summary>
    private Dictionary<string, Tensor> Tensors() =>
        parts.SelectMany(part => part.Read().Select(t => (Name: part.Prefix + t.Key, t.Value))).ToDictionary(t => t.Name, t => t.Value);

    private static Dictionary<string, Tensor> Tensors(SafetensorsFile file, string prefix) =>
        file.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

    private Dictionary<string, string> AddDataHash(Dictionary<string, string> notes)
    {
        if (setup.Input.Sha256 is { } sha256) notes[DataKey] = sha256;
        return notes;
    }

    /// <summary>Nothing of what was watched is needed to go on, and nothing of it can be made again: it is told.</summary>
    private void VerifyProbes(TrainingProbe probe, Action<string> warned)
    {
        int[] probedEpochs = [.. folder.ReadLog().Where(e => e.Bound is not null).Select(e => e.Epoch)];
        var fault = folder.Probes.DescribeMissing(probe.Sets, probedEpochs);
        var found = fault is null ? probedEpochs.Aggregate((string?)null, probe.ChainHash) : null;
        if (Position.WatchedSha256 is { } recorded && found is not null && recorded != found)
            fault = $"{folder.Probes.Path}: is not what this run watched: its SHA-256 is not the one that the checkpoint has";
        if (fault is not null) warned(
            $"{fault}; it cannot be made again, and 'arow analyze' will show training without it, show what is there, or refuse the folder");
        Position = Position with { WatchedSha256 = found };
    }

    /// <summary>Where the machine, its threads or its libtorch are others than the checkpoint's, sums are rounded otherwise.</summary>
    private void CompareEnvironment(SafetensorsFile checkpoint, Action<string> warned)
    {
        if (!checkpoint.Metadata.TryGetValue(EnvironmentKey, out var json) || ComputeEnvironment.FromJson(json) is not { } before) return;
        if (Environment.DifferenceFrom(before) is not { } difference) return;
        warned($"{folder.Path}: goes on with {difference}: the weights may differ in their last bits from those of a run that was never stopped");
        folder.AddResumption($"after step {Position.Step}: {difference}");
    }

    /// <summary>A checkpoint is held against the run file beside it: what it says of options of another version is passed over.</summary>
    private void EnsureSameRun(SafetensorsFile checkpoint)
    {
        if (!checkpoint.Metadata.ContainsKey("position")) throw new InputException(
            $"{folder.Checkpoints.Path}: its newest file is no checkpoint of a run");
        if (folder.Exists && checkpoint.Metadata.TryGetValue("options", out var serialized)) EnsureSameOptions(serialized);
        if (setup.Input.Sha256 is { } sha256 && checkpoint.Metadata.TryGetValue(DataKey, out var data) && data != sha256)
            throw new InputException($"{folder.Checkpoints.Path}: is of a run with other training images");
    }

    private void EnsureSameOptions(string serialized)
    {
        var current = SerializeOptions(options).Split('\n').ToHashSet();
        // Data may have been moved since.
        var known = Settings.All.Where(s => RunFolder.AffectsResult(s) && !s.IsPath).Select(s => s.Name).ToHashSet();
        var others = serialized.Split('\n').Where(line => known.Contains(line.Split(' ')[0]) && !current.Contains(line)).ToList();
        if (others.Count > 0) throw new InputException(
            $"{folder.Checkpoints.Path}: is of a run with {string.Join(", ", others)}, which {folder.RunFile} is not");
    }

    /// <summary>"lambda 6", a line for each option that is set.</summary>
    private static string SerializeOptions(TrainingOptions options) =>
        string.Join('\n', Settings.All.Where(s => s.Get(options) is not null).Select(s => $"{s.Name} {s.Get(options)}"));
}
