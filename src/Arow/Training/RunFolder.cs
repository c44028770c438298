using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Analysis;
using Arow.Checkpoints;
using Arow.IO;
using Arow.Options;
using Arow.Runtime;

namespace Arow.Training;

/// <summary>
/// The folder of a run, which holds all that is needed to say it again: <c>run.json</c> (options and provenance),
/// <c>log.jsonl</c> (a line an epoch), <c>weights.safetensors</c> (what was selected), <c>checkpoints/</c>,
/// <c>tensorboard/</c>, <c>watch/</c> where it watches, <c>.lock</c>, by which one process trains here at a time, and after training
/// <c>evaluation/</c> and the report; for weights that are kept beside the selected ones <c>weights-last.safetensors</c> and
/// <c>evaluation-last/</c>, and so on; for training images <c>evaluation-training/</c>.
/// </summary>
/// <param name="path">The folder; made by <see cref="Create"/>.</param>
/// <example>
/// <code>
/// var folder = new RunFolder("runs/first");
/// var (network, notes) = NetworkFile.Load(folder.Weights);
/// </code>
/// </example>
public sealed class RunFolder(string path)
{
    private const string LockFile = ".lock";

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The run file, with its provenance.</summary>
    public string RunFile => File("run.json");

    /// <summary>The selected weights, which are those that get evaluated.</summary>
    public string Weights => File("weights.safetensors");

    /// <summary>The weights of a model that is named: those of a run folder, or the file itself.</summary>
    /// <param name="model">A folder or a file.</param>
    public static string ResolveWeights(string model) => Directory.Exists(model) ? new RunFolder(model).Weights : model;

    /// <summary>One JSON object a line.</summary>
    public string Log => File("log.jsonl");

    /// <summary>The rows and the summary of the evaluation at the end.</summary>
    public string Evaluation => File("evaluation");

    /// <summary>Weights that are kept beside the selected ones.</summary>
    /// <param name="kept">Which; null for those selected.</param>
    public string WeightsFor(KeptWeights? kept) => kept is { } weights ? File($"weights-{EnumName.ToName(weights)}.safetensors") : Weights;

    /// <summary>Their evaluation.</summary>
    /// <param name="kept">Which; null for those selected.</param>
    /// <param name="training">On training images, and not on test images.</param>
    public string EvaluationFor(KeptWeights? kept, bool training = false) =>
        $"{Evaluation}{(kept is { } weights ? $"-{EnumName.ToName(weights)}" : "")}{(training ? "-training" : "")}";

    /// <summary>Scalars for TensorBoard.</summary>
    public string TensorBoard => File("tensorboard");

    /// <summary>Extra images that all but show a test image, as tab-separated values.</summary>
    public string Duplicates => File("near-duplicates.tsv");

    /// <summary>What became of some images after each epoch.</summary>
    internal ProbeFolder Probes { get; } = new(System.IO.Path.Combine(path, "watch"));

    /// <summary>States to resume from.</summary>
    internal CheckpointFolder Checkpoints { get; } = new(System.IO.Path.Combine(path, "checkpoints"));

    /// <summary>Whether a run was begun here.</summary>
    public bool Exists => System.IO.File.Exists(RunFile);

    /// <summary>Whether there is something here that no run left: what a process that was killed left behind is nobody's.</summary>
    public bool HasForeignFiles => Directory.Exists(Path) && !Exists
        && Directory.EnumerateFileSystemEntries(Path).Any(entry => !TemporaryFiles.IsTemporary(entry) && entry != File(LockFile));

    /// <summary>The right to train here; what processes that were killed left is removed with it.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    internal FolderLock AcquireLock()
    {
        var folderLock = FolderLock.TryAcquire(File(LockFile)) ?? throw new InputException($"{Path}: another process trains here");
        foreach (var folder in (string[])[Path, Checkpoints.Path, Probes.Path]) TemporaryFiles.RemoveAbandoned(folder);
        return folderLock;
    }

    /// <summary>What keeps a run of these options from being begun or gone on with here; null if nothing does.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="resume">Whether to go on with what is here.</param>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public string? Validate(TrainingOptions options, bool resume) =>
        OutputPath.ValidateFolder(Path) is { } fault ? $"{Path} {fault}"
        : !Exists ? HasForeignFiles ? $"{Path}: is not empty and holds no run; choose another --output" : null
        : !resume ? $"{Path}: holds a run already; --resume goes on with it, another --output begins a new one"
        : DescribeDifference(options) is { } difference ? $"{Path}: was begun with other options: {difference}"
        : null;

    /// <summary>What the run here was begun with that is not as asked: "lambda 3, not 6"; null if nothing.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public string? DescribeDifference(TrainingOptions requested)
    {
        var original = Training.RunFile.Read(RunFile, []);
        requested = requested with { DropoutMask = requested.DropoutMask ?? original.DropoutMask };
        // What the places hold is compared by its content, where the run has kept what that was.
        var known = ReadData() is not null;
        var changed = Settings.All.Where(s => AffectsResult(s) && s.Get(original) != s.Get(requested)
            && !(known && s.IsPath && s.Get(original) is not null && s.Get(requested) is not null)).ToList();
        return changed.Count == 0 ? null
            : string.Join(", ", changed.Select(s => $"{s.Name} {s.Get(original) ?? "unset"}, not {s.Get(requested) ?? "unset"}"));
    }

    /// <summary>The options, where they leave something open with what the run here was begun with, or what a new one takes.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public TrainingOptions ResolveDropoutMask(TrainingOptions options) => options.DropoutMask is not null ? options : options with
    {
        DropoutMask = Exists ? Training.RunFile.Read(RunFile, []).DropoutMask : DropoutMask.Shared,
    };

    /// <summary>
    /// Whether a run that is resumed must have the value that it was begun with. Threads are a means: another number may change the last
    /// bits, which is said as for any other difference of the machine.
    /// </summary>
    internal static bool AffectsResult(Setting<TrainingOptions> setting) => !setting.Uses.HasFlag(SettingUses.Resumable);

    /// <summary>The number of threads in force when the run was begun; null if the run file does not say it.</summary>
    internal int? InitialThreads => Training.RunFile.ReadProvenance(RunFile)?["threads"] is JsonValue value
        && value.TryGetValue<int>(out var threads) && threads is > 0 and <= LibTorch.MaximumThreads ? threads : null;

    /// <summary>Adds to the provenance in the run file that the run goes on under other conditions.</summary>
    /// <param name="note">Where it goes on, and what is different.</param>
    internal void AddResumption(string note)
    {
        const string Key = "resumed";
        if (!Exists) return;
        var provenance = Training.RunFile.ReadProvenance(RunFile) ?? [];
        var notes = provenance[Key] as JsonArray ?? [];
        // A process that was killed before its first checkpoint has added it already.
        if (notes.LastOrDefault()?.ToString() == note) return;
        notes.Add(note);
        provenance[Key] = notes.DeepClone();
        AtomicFile.Write(RunFile, Training.RunFile.Write(Training.RunFile.Read(RunFile, []), provenance, ReadData()));
    }

    /// <summary>Writes the run file, and with it the folder.</summary>
    internal void Create(TrainingOptions options, JsonObject provenance, RunData? data = null)
    {
        Directory.CreateDirectory(Path);
        AtomicFile.Write(RunFile, Training.RunFile.Write(ResolveDropoutMask(options), provenance, data));
    }

    /// <summary>The data that the run here was begun with; null if it did not keep them, as runs of older versions.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    internal RunData? ReadData() => Training.RunFile.ReadData(RunFile);

    /// <summary>Writes into the run file where the same data are now, and what they are where it did not say it.</summary>
    internal void RecordData(TrainingOptions options, RunData data)
    {
        if (ReadData() is not null && Settings.All.All(s => !s.IsPath || s.Get(Training.RunFile.Read(RunFile, [])) == s.Get(options))) return;
        Create(options, Training.RunFile.ReadProvenance(RunFile) ?? [], data);
    }

    /// <summary>The epochs of the log; none if nothing is logged yet.</summary>
    /// <exception cref="InputException">A line is no epoch.</exception>
    public IReadOnlyList<EpochRecord> ReadLog()
    {
        if (!System.IO.File.Exists(Log)) return [];
        RegularFile.EnsureRegular(Log);
        try
        {
            return [.. System.IO.File.ReadLines(Log).Select(line =>
                JsonSerializer.Deserialize(line, EpochJson.Default.EpochRecord) ?? throw new JsonException("null"))];
        }
        catch (JsonException e)
        {
            throw new InputException($"{Log}: has a line that is no epoch", e);
        }
    }

    /// <summary>Drops what the log has beyond a length: lines of steps that will be taken again.</summary>
    /// <param name="length">In bytes.</param>
    /// <param name="epochs">How many are to be left.</param>
    /// <param name="sha256">Of what is to be left; null where that is not known.</param>
    /// <exception cref="InputException">There are others, so that a part of the log is lost; or it is another log.</exception>
    public void TruncateLog(long length, int epochs, string? sha256 = null)
    {
        var isSameLog = sha256 is null;
        if (System.IO.File.Exists(Log))
        {
            RegularFile.EnsureRegular(Log);
            using var log = new FileStream(Log, FileMode.Open, FileAccess.ReadWrite);
            isSameLog = isSameLog || (log.Length >= length && HasPrefix(log, length, sha256!));
            if (isSameLog && log.Length > length) log.SetLength(length);
        }
        if (ReadLog() is var remaining && !remaining.Select(e => e.Epoch).SequenceEqual(Enumerable.Range(1, epochs)))
            throw new InputException(
                $"{Log}: has epochs {string.Join(' ', remaining.Select(e => e.Epoch).DefaultIfEmpty())} where the checkpoint has seen {epochs}: a "
                    + $"part of it is lost; without {Checkpoints.Path} the run begins anew");
        if (!isSameLog)
            throw new InputException(
                $"{Log}: is not the log of this run: its SHA-256 is not the one that the checkpoint has; put the file back; without "
                    + $"{Checkpoints.Path} the run begins anew");
    }

    /// <summary>Adds a line to the log, and gives the log's length after it.</summary>
    public long AppendLog(string line)
    {
        using var log = new FileStream(Log, FileMode.Append, FileAccess.Write);
        log.Write(Encoding.UTF8.GetBytes(line + "\n"));
        log.Flush(flushToDisk: true);
        return log.Length;
    }

    private static bool HasPrefix(FileStream file, long length, string sha256)
    {
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == sha256;
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
