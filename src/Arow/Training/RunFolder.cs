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
/// The folder of a run, with all that is needed to reproduce it: <c>run.json</c> (options and provenance),
/// <c>log.jsonl</c> (one line an epoch), <c>weights.safetensors</c> (the selected weights), <c>checkpoints/</c>,
/// <c>tensorboard/</c>, <c>watch/</c> with the option watch, <c>.lock</c>, which admits one training process at a time, and after training
/// <c>evaluation/</c> and the report; for weights that are kept besides the selected ones <c>weights-last.safetensors</c> and
/// <c>evaluation-last/</c>, and so on; for training images <c>evaluation-training/</c>.
/// </summary>
/// <param name="path">The folder; created by <see cref="Create"/>.</param>
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

    /// <summary>The selected weights, which are evaluated.</summary>
    public string Weights => File("weights.safetensors");

    /// <summary>Returns the weights of a model: those of a run folder, or the file itself.</summary>
    /// <param name="model">A folder or a file.</param>
    public static string ResolveWeights(string model) => Directory.Exists(model) ? new RunFolder(model).Weights : model;

    /// <summary>The log: one JSON object a line.</summary>
    public string Log => File("log.jsonl");

    /// <summary>The folder of the evaluation at the end: rows and summary.</summary>
    public string Evaluation => File("evaluation");

    /// <summary>Returns the file of kept weights.</summary>
    /// <param name="kept">The kind; null for the selected weights.</param>
    public string WeightsFor(KeptWeights? kept) => kept is { } weights ? File($"weights-{EnumName.ToName(weights)}.safetensors") : Weights;

    /// <summary>Returns the folder of their evaluation.</summary>
    /// <param name="kept">The kind; null for the selected weights.</param>
    /// <param name="training">Whether on training images instead of test images.</param>
    public string EvaluationFor(KeptWeights? kept, bool training = false) =>
        $"{Evaluation}{(kept is { } weights ? $"-{EnumName.ToName(weights)}" : "")}{(training ? "-training" : "")}";

    /// <summary>Scalars for TensorBoard.</summary>
    public string TensorBoard => File("tensorboard");

    /// <summary>The extra images that nearly equal a test image, as tab-separated values.</summary>
    public string Duplicates => File("near-duplicates.tsv");

    /// <summary>The probes after each epoch.</summary>
    internal ProbeFolder Probes { get; } = new(System.IO.Path.Combine(path, "watch"));

    /// <summary>The checkpoints.</summary>
    internal CheckpointFolder Checkpoints { get; } = new(System.IO.Path.Combine(path, "checkpoints"));

    /// <summary>Whether a run exists here.</summary>
    public bool Exists => System.IO.File.Exists(RunFile);

    /// <summary>Whether the folder has files that are not a run's; leftovers of a killed process do not count.</summary>
    public bool HasForeignFiles => !Exists && OutputPath.FindEntries(Path).Any(entry => entry != File(LockFile));

    /// <summary>Acquires the lock for training here, and removes leftovers of killed processes.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    internal FolderLock AcquireLock()
    {
        var folderLock = FolderLock.TryAcquire(File(LockFile)) ?? throw new InputException($"{Path}: another process is training here");
        foreach (var folder in (string[])[Path, Checkpoints.Path, Probes.Path]) TemporaryFiles.RemoveAbandoned(folder);
        return folderLock;
    }

    /// <summary>Returns why a run with these options cannot start or resume here; null if it can.</summary>
    /// <param name="options">The options of the run.</param>
    /// <param name="resume">Whether to resume an existing run.</param>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public string? Validate(TrainingOptions options, bool resume) =>
        OutputPath.ValidateFolder(Path) is { } fault ? $"{Path} {fault}"
        : !Exists ? HasForeignFiles ? $"{Path}: is not empty and contains no run; choose {Wording.Current.AnotherFolder}" : null
        : !resume ? $"{Path}: already contains a run; {Wording.Current.ResumeIt}, or choose {Wording.Current.AnotherFolder}"
        : DescribeDifference(options) is { } difference ? $"{Path}: was started with other options: {difference}"
        : null;

    /// <summary>Describes the options that differ from the requested ones: "lambda 3, not 6"; null if none do.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public string? DescribeDifference(TrainingOptions requested)
    {
        var original = Training.RunFile.Read(RunFile, []);
        requested = requested with { DropoutMask = requested.DropoutMask ?? original.DropoutMask };
        // Locations are compared by content if the run has recorded it.
        var known = ReadData() is not null;
        var changed = Settings.All.Where(s => AffectsResult(s) && s.Get(original) != s.Get(requested)
            && !(known && s.IsPath && s.Get(original) is not null && s.Get(requested) is not null)).ToList();
        return changed.Count == 0 ? null
            : string.Join(", ", changed.Select(s => $"{s.Name} {s.Get(original) ?? "unset"}, not {s.Get(requested) ?? "unset"}"));
    }

    /// <summary>Completes the options with the run's dropout mask, or with the default of a new run.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    public TrainingOptions ResolveDropoutMask(TrainingOptions options) => options.DropoutMask is not null ? options : options with
    {
        DropoutMask = Exists ? Training.RunFile.Read(RunFile, []).DropoutMask : DropoutMask.Shared,
    };

    /// <summary>
    /// Whether a resumed run must keep its value. Threads may change: another number may change the last
    /// bits, which is reported like any other difference of the machine.
    /// </summary>
    internal static bool AffectsResult(Setting<TrainingOptions> setting) => !setting.Uses.HasFlag(SettingUses.Resumable);

    /// <summary>The number of threads that the run started with; null if the run file does not contain it.</summary>
    internal int? InitialThreads => Training.RunFile.ReadProvenance(RunFile)?["threads"] is JsonValue value
        && value.TryGetValue<int>(out var threads) && threads is > 0 and <= LibTorch.MaximumThreads ? threads : null;

    /// <summary>Records in the provenance of the run file that the run resumes under other conditions.</summary>
    /// <param name="note">Where it resumes, and what differs.</param>
    internal void AddResumption(string note)
    {
        const string Key = "resumed";
        if (!Exists) return;
        var provenance = Training.RunFile.ReadProvenance(RunFile) ?? [];
        var notes = provenance[Key] as JsonArray ?? [];
        // A process that was killed before its first checkpoint may have added it already.
        if (notes.LastOrDefault()?.ToString() == note) return;
        notes.Add(note);
        provenance[Key] = notes.DeepClone();
        AtomicFile.Write(RunFile, Training.RunFile.Write(Training.RunFile.Read(RunFile, []), provenance, ReadData()));
    }

    /// <summary>Creates the folder with the run file.</summary>
    internal void Create(TrainingOptions options, JsonObject provenance, RunData? data = null)
    {
        Directory.CreateDirectory(Path);
        AtomicFile.Write(RunFile, Training.RunFile.Write(ResolveDropoutMask(options), provenance, data));
    }

    /// <summary>The data that the run started with; null in runs of older versions.</summary>
    /// <exception cref="InputException">The run file is damaged.</exception>
    internal RunData? ReadData() => Training.RunFile.ReadData(RunFile);

    /// <summary>Records in the run file the present location of the data, and their identity if it was missing.</summary>
    internal void RecordData(TrainingOptions options, RunData data)
    {
        if (ReadData() is not null && Settings.All.All(s => !s.IsPath || s.Get(Training.RunFile.Read(RunFile, [])) == s.Get(options))) return;
        Create(options, Training.RunFile.ReadProvenance(RunFile) ?? [], data);
    }

    /// <summary>Reads the epochs of the log; none if nothing is logged yet.</summary>
    /// <exception cref="InputException">A line is not an epoch.</exception>
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
            throw new InputException($"{Log}: has an invalid line", e);
        }
    }

    /// <summary>Truncates the log: the removed lines are of steps that will be taken again.</summary>
    /// <param name="length">The length to keep, in bytes.</param>
    /// <param name="epochs">The number of epochs that must remain.</param>
    /// <param name="sha256">The SHA-256 of the remaining part; null if unknown.</param>
    /// <exception cref="InputException">Other epochs remain, so part of the log is lost; or it is another log.</exception>
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
                $"{Log}: has epochs {string.Join(' ', remaining.Select(e => e.Epoch).DefaultIfEmpty())}, but the checkpoint has {epochs} epochs: a "
                    + $"part of it is lost; without {Checkpoints.Path} the run restarts");
        if (!isSameLog)
            throw new InputException(
                $"{Log}: is not the log of this run: its SHA-256 differs from the one in the checkpoint; restore the file; without "
                    + $"{Checkpoints.Path} the run restarts");
    }

    /// <summary>Appends a line to the log and returns the new length.</summary>
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
