using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The journal of a running evaluation, or of other work that processes share, <c>journal</c> in its folder: a line for each finished batch, on
/// disk before the next starts, after a line with the identity of the evaluation. Each line starts with a hash of the
/// rest, so that a line that was cut off by a power failure is recognized and computed again. Several processes may share a
/// journal: each opens it for the moment of reading or adding lines, and the first result of a batch stands.
/// </summary>
internal sealed class EvaluationJournal : IDisposable
{
    private const int HashLength = 16;

    /// <summary>The longest time that another process may have the file open, which it needs for a moment.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly string path;
    private readonly EvaluationLocks locks;
    private readonly Dictionary<(int Stage, int First), BatchRecord> records = [];
    private readonly string? environmentDifference;
    private EvaluationIdentity? original;

    /// <summary>Bytes of the whole lines that have been read.</summary>
    private long length;

    private EvaluationJournal(string path, EvaluationIdentity identity, EvaluationLocks locks, bool isShared)
    {
        (this.path, this.locks, IsShared) = (path, locks, isShared);
        Refresh();
        if (original is not { IsValid: true })
            throw new InputException($"{path}: not a journal; without the file the work restarts");
        if (original.DescribeDifference(identity) is { } difference)
            throw new InputException($"{path}: is of work with other options: {difference}");
        environmentDifference = original.Environment is { } first ? identity.Environment?.DifferenceFrom(first) : null;
    }

    /// <summary>Whether other processes were evaluating when it was opened.</summary>
    public bool IsShared { get; }

    /// <summary>
    /// Differences of the machine from the start of the evaluation during some batches, without duplicates, in the order of the batches.
    /// </summary>
    public IReadOnlyList<string> Differences =>
        [.. records.OrderBy(r => r.Key).Select(r => r.Value.Elsewhere).OfType<string>().Distinct()];

    /// <summary>The number of finished batches that are known.</summary>
    public int Count => records.Count;

    /// <summary>The longest time that a batch took.</summary>
    public TimeSpan LongestBatch => TimeSpan.FromSeconds(records.Values.Select(batch => batch.Seconds).DefaultIfEmpty().Max());

    /// <summary>Starts work in a folder, resumes it, or joins the processes that do it.</summary>
    /// <param name="path">The journal.</param>
    /// <param name="identity">The identity of the work.</param>
    /// <param name="start">How it starts.</param>
    /// <exception cref="InputException">
    /// The existing work is other work or damaged; or another process is at work here, and it is not to be resumed.
    /// </exception>
    public static EvaluationJournal Open(string path, EvaluationIdentity identity, JournalStart start) =>
        EvaluationLocks.Join(FolderOf(path), (locks, isAlone) =>
    {
        var folder = Path.GetDirectoryName(path);
        TemporaryFiles.RemoveAbandoned(FolderOf(path));
        if (!isAlone && !start.Resume) throw new InputException($"{folder}: another process is at work here; {Wording.Current.ResumeIt} to take part");
        if (start.Resume && File.Exists(path))
        {
            try
            {
                return Resume(path, identity, locks, isAlone);
            }
            catch (InputException) when (start.RestartIfUnusable && isAlone)
            {
            }
            catch (InputException fault) when (!isAlone)
            {
                throw new InputException($"{folder}: another process is at work here; {fault.Message}", fault);
            }
        }
        if (start.Joins) throw new InputException($"{path}: is missing here, but another process started it: processes that share work need a common folder");
        // Here too, not only before the work: another process may have started since.
        if (!start.Resume && start.Validate() is { } problem) throw new InputException(problem);
        if (!isAlone) throw new InputException($"{folder}: another process is at work here, and its journal is missing");
        var journal = Begin(path, identity, locks);
        start.Started();
        return journal;
    });

    /// <summary>Starts a new journal, which replaces an existing one.</summary>
    /// <exception cref="InputException">Another process writes it.</exception>
    public static EvaluationJournal Begin(string path, EvaluationIdentity identity) => EvaluationLocks.Join(FolderOf(path), (locks, isAlone) =>
        isAlone ? Begin(path, identity, locks) : throw new InputException($"{FolderOf(path)}: another process is at work here"));

    /// <summary>The same for the owner of the locks, which the journal takes over; no other process may be evaluating.</summary>
    internal static EvaluationJournal Begin(string path, EvaluationIdentity identity, EvaluationLocks locks)
    {
        // A process of an older version, which has no lock, may write it.
        if (File.Exists(path)) Open(path, TimeSpan.Zero).Dispose();
        AtomicFile.Write(path, FormatLine(JsonSerializer.Serialize(identity, JournalJson.Default.EvaluationIdentity)));
        return new EvaluationJournal(path, identity, locks, isShared: false);
    }

    /// <summary>Resumes an existing journal, or joins the processes that write it.</summary>
    /// <exception cref="InputException">It is damaged or of another evaluation.</exception>
    public static EvaluationJournal Resume(string path, EvaluationIdentity identity) =>
        EvaluationLocks.Join(FolderOf(path), (locks, isAlone) => Resume(path, identity, locks, isAlone));

    /// <summary>The same for the owner of the locks, which the journal takes over.</summary>
    internal static EvaluationJournal Resume(string path, EvaluationIdentity identity, EvaluationLocks locks, bool isAlone) =>
        new(path, identity, locks, isShared: !isAlone);

    /// <summary>Reads what other processes have added.</summary>
    /// <exception cref="InputException">The journal was damaged or replaced.</exception>
    public void Refresh()
    {
        using var file = Open(path, LongestWait);
        ReadLines(file);
    }

    /// <summary>Claims a batch, so that no other process computes it too; null while another process has it.</summary>
    public FolderLock? TryClaim(int stage, int first) => locks.TryClaim(stage, first);

    /// <summary>Waits for the right to write results: see <see cref="EvaluationLocks.LockResults"/>.</summary>
    public FolderLock? LockResults(CancellationToken stop) => locks.LockResults(stop);

    /// <summary>Returns the record of a batch; null if it is not known to be finished.</summary>
    public BatchRecord? Find(int stage, int first) => records.GetValueOrDefault((stage, first));

    /// <summary>Records a batch, which is on disk when this returns, unless another process has recorded it: its record stands.</summary>
    /// <returns>The record that stands.</returns>
    public BatchRecord Append(BatchRecord batch)
    {
        using var file = Open(path, LongestWait);
        ReadLines(file);
        if (Find(batch.Stage, batch.First) is { } earlier) return earlier;
        batch = batch with { Elsewhere = environmentDifference };
        var line = Encoding.UTF8.GetBytes(FormatLine(JsonSerializer.Serialize(batch, JournalJson.Default.BatchRecord)));
        // Replaces a line that a killed process left incomplete.
        file.SetLength(length);
        file.Position = length;
        file.Write(line);
        file.Flush(flushToDisk: true);
        length += line.Length;
        records.Add((batch.Stage, batch.First), batch);
        return batch;
    }

    public void Dispose() => locks.Dispose();

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    /// <summary>Opens a journal; no other process has it open then.</summary>
    private static FileStream Open(string path, TimeSpan longestWait)
    {
        const int Milliseconds = 2;
        RegularFile.EnsureRegular(path);
        for (var clock = new WaitingClock(); ; Thread.Sleep(Milliseconds))
        {
            try
            {
                return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (FolderLock.IsLocked(e) && clock.Read() < longestWait)
            {
                // Another process reads or adds a line.
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new InputException($"{path}: is missing");
            }
            catch (IOException e)
            {
                throw new InputException($"{path}: cannot be opened; does another process write it? {FileError.Describe(e)}", e);
            }
        }
    }

    /// <summary>
    /// Reads the lines after those that have been read. A last line that is incomplete or damaged, as after a power failure, is left out.
    /// </summary>
    private void ReadLines(FileStream file)
    {
        if (file.Length < length) throw new InputException($"{path}: has been replaced since the evaluation started");
        file.Position = length;
        var bytes = new byte[file.Length - length];
        file.ReadExactly(bytes);
        var start = 0;
        for (var number = original is null ? 1 : records.Count + 2; Array.IndexOf(bytes, (byte)'\n', start) is >= 0 and var end; number++)
        {
            try
            {
                var json = ParseLine(Encoding.UTF8.GetString(bytes, start, end - start));
                if (original is null) original = JsonSerializer.Deserialize(json, JournalJson.Default.EvaluationIdentity);
                else if (JsonSerializer.Deserialize(json, JournalJson.Default.BatchRecord) is { } batch)
                    records.TryAdd((batch.Stage, batch.First), batch);
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                if (original is not null && end + 1 == bytes.Length) break;
                throw new InputException($"{path}: line {number} is damaged; without the file the work restarts", e);
            }
            start = end + 1;
        }
        length += start;
    }

    private static string FormatLine(string json) => $"{Hash(json)} {json}\n";

    private static string ParseLine(string line) =>
        line.Length > HashLength && line[HashLength] == ' ' && Hash(line[(HashLength + 1)..]) == line[..HashLength]
            ? line[(HashLength + 1)..]
            : throw new FormatException("the hash does not fit");

    private static string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..HashLength];
}
