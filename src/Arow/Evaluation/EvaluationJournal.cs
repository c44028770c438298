using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The memory of an evaluation that is under way, <c>journal</c> in its folder: a line for each batch that is done, on
/// disk before the next begins, after a line that says what the evaluation is of. Each line begins with a hash of the
/// rest, so that a line that was being written when the power failed is known for what it is and done again.
/// </summary>
internal sealed class EvaluationJournal : IDisposable
{
    /// <summary>The file of the claim, in the journal's folder while there is a journal that is written.</summary>
    internal const string LockFile = ".lock";

    private const int HashLength = 16;

    private readonly Dictionary<(int Stage, int First), BatchRecord> records;
    private readonly FolderLock folderLock;
    private readonly FileStream file;

    private readonly string? environmentDifference;

    private EvaluationJournal(FolderLock folderLock, FileStream file, Dictionary<(int, int), BatchRecord> records,
        string? environmentDifference = null) =>
        (this.folderLock, this.file, this.records, this.environmentDifference) = (folderLock, file, records, environmentDifference);

    /// <summary>What of the machine was not as in the beginning while some batches were done, each difference once.</summary>
    public IReadOnlyList<string> Differences => [.. records.Values.Select(batch => batch.Elsewhere).OfType<string>().Distinct()];

    /// <summary>How many batches were done when it was opened.</summary>
    public int Count => records.Count;

    /// <summary>Begins a new one in the place of any that was there.</summary>
    /// <exception cref="InputException">Another process writes it.</exception>
    public static EvaluationJournal Begin(string path, EvaluationIdentity identity) =>
        OpenLocked(AcquireLock(path), folderLock => Begin(path, identity, folderLock));

    /// <summary>The same for the owner of the claim, which the journal takes over.</summary>
    internal static EvaluationJournal Begin(string path, EvaluationIdentity identity, FolderLock folderLock)
    {
        // A process of an older version may write it, which knows no claim.
        if (File.Exists(path)) Open(path).Dispose();
        AtomicFile.Write(path, FormatLine(JsonSerializer.Serialize(identity, JournalJson.Default.EvaluationIdentity)));
        var file = Open(path);
        file.Seek(0, SeekOrigin.End);
        return new EvaluationJournal(folderLock, file, []);
    }

    /// <summary>Goes on with the one that is there.</summary>
    /// <exception cref="InputException">It is damaged, of another evaluation, or another process writes it.</exception>
    public static EvaluationJournal Resume(string path, EvaluationIdentity identity) =>
        OpenLocked(AcquireLock(path), folderLock => Resume(path, identity, folderLock));

    /// <summary>The same for the owner of the claim, which the journal takes over.</summary>
    internal static EvaluationJournal Resume(string path, EvaluationIdentity identity, FolderLock folderLock)
    {
        var file = Open(path);
        try
        {
            var (original, records, length) = Read(path, file);
            if (original.DescribeDifference(identity) is { } difference)
                throw new InputException($"{path}: is of an evaluation that was begun with other options: {difference}");
            // What a dying process left half-written.
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

    /// <summary>A batch that is known, or else computes it and keeps it: on disk when this returns.</summary>
    /// <param name="stage">As in <see cref="BatchRecord"/>.</param>
    /// <param name="first">As in <see cref="BatchRecord"/>.</param>
    /// <param name="indices">Places in the whole set of the images that it is of.</param>
    /// <param name="compute">Computes it.</param>
    /// <exception cref="InputException">What is known is of other images.</exception>
    internal BatchOutcome GetOrCompute(int stage, int first, IReadOnlyList<long> indices, Func<BatchOutcome> compute)
    {
        if (Find(stage, first) is { } known) return known.ToOutcome(indices);
        var outcome = compute();
        Append(BatchRecord.From(stage, first, outcome));
        return outcome;
    }

    /// <summary>The findings of the checks of the model that are known, or else computes them and keeps them.</summary>
    internal IReadOnlyList<Finding> GetOrCompute(Func<IReadOnlyList<Finding>> compute)
    {
        if (Find(BatchRecord.Checks, 0)?.Findings is { } known) return known;
        var found = compute();
        Append(new BatchRecord(BatchRecord.Checks, 0, 0, []) { Findings = found });
        return found;
    }

    /// <summary>What is known of a batch; null if it is not done.</summary>
    public BatchRecord? Find(int stage, int first) => records.GetValueOrDefault((stage, first));

    /// <summary>Keeps what became of a batch: on disk when this returns.</summary>
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

    /// <summary>The right to write the journal and the results beside it.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    internal static FolderLock AcquireLock(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return FolderLock.TryAcquire(Path.Combine(folder, LockFile), temporary: true)
            ?? throw new InputException($"{folder}: another process evaluates here");
    }

    /// <summary>What is opened under a claim, which ends here if that fails.</summary>
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
                // Only the last line may be what a power failure left of it.
                if (identity is not null && start + length + 1 == bytes.Length) break;
                throw new InputException($"{path}: line {number} is damaged; without the file the evaluation begins anew", e);
            }
            start += length + 1;
        }
        return identity is { IsValid: true } ? (identity, records, start)
            : throw new InputException($"{path}: is no journal of an evaluation; without the file it begins anew");
    }

    private static string FormatLine(string json) => $"{Hash(json)} {json}\n";

    private static string ParseLine(string line) =>
        line.Length > HashLength && line[HashLength] == ' ' && Hash(line[(HashLength + 1)..]) == line[..HashLength]
            ? line[(HashLength + 1)..]
            : throw new FormatException("the hash does not fit");

    private static string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..HashLength];
}
