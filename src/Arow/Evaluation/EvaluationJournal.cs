using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The journal of a running evaluation, <c>journal</c> in its folder: a line for each finished batch, on
/// disk before the next starts, after a line with the identity of the evaluation. Each line starts with a hash of the
/// rest, so that a line that was cut off by a power failure is recognized and computed again.
/// </summary>
internal sealed class EvaluationJournal : IDisposable
{
    /// <summary>The lock file, in the journal's folder while a journal is written.</summary>
    internal const string LockFile = ".lock";

    private const int HashLength = 16;

    private readonly Dictionary<(int Stage, int First), BatchRecord> records;
    private readonly FolderLock folderLock;
    private readonly FileStream file;

    private readonly string? environmentDifference;

    private EvaluationJournal(FolderLock folderLock, FileStream file, Dictionary<(int, int), BatchRecord> records,
        string? environmentDifference = null) =>
        (this.folderLock, this.file, this.records, this.environmentDifference) = (folderLock, file, records, environmentDifference);

    /// <summary>Differences of the machine from the start of the evaluation during some batches, without duplicates.</summary>
    public IReadOnlyList<string> Differences => [.. records.Values.Select(batch => batch.Elsewhere).OfType<string>().Distinct()];

    /// <summary>The number of finished batches when it was opened.</summary>
    public int Count => records.Count;

    /// <summary>Starts a new journal, which replaces an existing one.</summary>
    /// <exception cref="InputException">Another process writes it.</exception>
    public static EvaluationJournal Begin(string path, EvaluationIdentity identity) =>
        OpenLocked(AcquireLock(path), folderLock => Begin(path, identity, folderLock));

    /// <summary>The same for the owner of the lock, which the journal takes over.</summary>
    internal static EvaluationJournal Begin(string path, EvaluationIdentity identity, FolderLock folderLock)
    {
        // A process of an older version, which has no lock, may write it.
        if (File.Exists(path)) Open(path).Dispose();
        AtomicFile.Write(path, FormatLine(JsonSerializer.Serialize(identity, JournalJson.Default.EvaluationIdentity)));
        var file = Open(path);
        file.Seek(0, SeekOrigin.End);
        return new EvaluationJournal(folderLock, file, []);
    }

    /// <summary>Resumes an existing journal.</summary>
    /// <exception cref="InputException">It is damaged, of another evaluation, or another process writes it.</exception>
    public static EvaluationJournal Resume(string path, EvaluationIdentity identity) =>
        OpenLocked(AcquireLock(path), folderLock => Resume(path, identity, folderLock));

    /// <summary>The same for the owner of the lock, which the journal takes over.</summary>
    internal static EvaluationJournal Resume(string path, EvaluationIdentity identity, FolderLock folderLock)
    {
        var file = Open(path);
        try
        {
            var (original, records, length) = Read(path, file);
            if (original.DescribeDifference(identity) is { } difference)
                throw new InputException($"{path}: is of an evaluation with other options: {difference}");
            // Truncates a line that a killed process left incomplete.
            file.SetLength(length);
            file.Seek(0, SeekOrigin.End);
            return new EvaluationJournal(folderLock, file, records,
                original.Environment is { } first ? identity.Environment?.DifferenceFrom(first) : null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Returns a recorded batch, or computes and records it: it is on disk when this returns.</summary>
    /// <param name="stage">As in <see cref="BatchRecord"/>.</param>
    /// <param name="first">As in <see cref="BatchRecord"/>.</param>
    /// <param name="indices">Indices of its images in the whole set.</param>
    /// <param name="compute">Computes it.</param>
    /// <exception cref="InputException">The recorded batch is of other images.</exception>
    internal BatchOutcome GetOrCompute(int stage, int first, IReadOnlyList<long> indices, Func<BatchOutcome> compute)
    {
        if (Find(stage, first) is { } known) return known.ToOutcome(indices);
        var outcome = compute();
        Append(BatchRecord.From(stage, first, outcome));
        return outcome;
    }

    /// <summary>Returns the recorded findings of the checks of the model, or computes and records them.</summary>
    internal IReadOnlyList<Finding> GetOrCompute(Func<IReadOnlyList<Finding>> compute)
    {
        if (Find(BatchRecord.Checks, 0)?.Findings is { } known) return known;
        var found = compute();
        Append(new BatchRecord(BatchRecord.Checks, 0, 0, []) { Findings = found });
        return found;
    }

    /// <summary>Returns the record of a batch; null if it is not finished.</summary>
    public BatchRecord? Find(int stage, int first) => records.GetValueOrDefault((stage, first));

    /// <summary>Records a batch: it is on disk when this returns.</summary>
    public void Append(BatchRecord batch)
    {
        batch = batch with { Elsewhere = environmentDifference };
        file.Write(Encoding.UTF8.GetBytes(FormatLine(JsonSerializer.Serialize(batch, JournalJson.Default.BatchRecord))));
        file.Flush(flushToDisk: true);
        records[(batch.Stage, batch.First)] = batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file.Dispose();
        folderLock.Dispose();
    }

    /// <summary>Acquires the lock for writing the journal and the results beside it.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    internal static FolderLock AcquireLock(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return FolderLock.TryAcquire(Path.Combine(folder, LockFile), temporary: true)
            ?? throw new InputException($"{folder}: another process is evaluating here");
    }

    /// <summary>Opens a journal under a lock, which is released if that fails.</summary>
    internal static EvaluationJournal OpenLocked(FolderLock folderLock, Func<FolderLock, EvaluationJournal> open)
    {
        try
        {
            return open(folderLock);
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        RegularFile.EnsureRegular(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException)
        {
            throw new InputException($"{path}: is missing");
        }
        catch (IOException e)
        {
            throw new InputException($"{path}: cannot be opened; does another process write it? {FileError.Describe(e)}", e);
        }
    }

    private static (EvaluationIdentity, Dictionary<(int, int), BatchRecord>, long Length) Read(string path, FileStream file)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        EvaluationIdentity? identity = null;
        var records = new Dictionary<(int, int), BatchRecord>();
        var start = 0;
        for (var number = 1; start < bytes.Length; number++)
        {
            var length = Array.IndexOf(bytes, (byte)'\n', start) - start;
            if (length < 0) break;
            try
            {
                var json = ParseLine(Encoding.UTF8.GetString(bytes, start, length));
                if (identity is null) identity = JsonSerializer.Deserialize(json, JournalJson.Default.EvaluationIdentity);
                else if (JsonSerializer.Deserialize(json, JournalJson.Default.BatchRecord) is { } batch) records[(batch.Stage, batch.First)] = batch;
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                // Only the last line may be incomplete after a power failure.
                if (identity is not null && start + length + 1 == bytes.Length) break;
                throw new InputException($"{path}: line {number} is damaged; without the file the evaluation restarts", e);
            }
            start += length + 1;
        }
        return identity is { IsValid: true } ? (identity, records, start)
            : throw new InputException($"{path}: not a journal of an evaluation; without the file the evaluation restarts");
    }

    private static string FormatLine(string json) => $"{Hash(json)} {json}\n";

    private static string ParseLine(string line) =>
        line.Length > HashLength && line[HashLength] == ' ' && Hash(line[(HashLength + 1)..]) == line[..HashLength]
            ? line[(HashLength + 1)..]
            : throw new FormatException("the hash does not fit");

    private static string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..HashLength];
}
