using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The locks of the processes that share an evaluation: files in its folder, which are removed at the end. They save work and
/// nothing else: the journal takes the first result of a batch, whoever computed it.
/// </summary>
internal sealed class EvaluationLocks : IDisposable
{
    /// <summary>The lock that every process shares for as long as it evaluates.</summary>
    internal const string Presence = ".lock";

    /// <summary>Held while a process joins or leaves.</summary>
    private const string Entrance = Presence + "-entrance";

    /// <summary>Held while results are written.</summary>
    private const string Results = Presence + "-results";

    /// <summary>
    /// A process holds these locks for moments only; one that holds them longer was suspended, or its machine was cut off.
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly string folder;
    private readonly FolderLock presence;

    private EvaluationLocks(string folder, FolderLock presence) => (this.folder, this.presence) = (folder, presence);

    /// <summary>Whether a file is a lock of an evaluation, possibly of a killed process.</summary>
    public static bool IsLock(string entry) =>
        Path.GetFileName(entry) is var name && (name == Presence || name.StartsWith(Presence + "-", StringComparison.Ordinal));

    /// <summary>Joins the processes that evaluate in a folder.</summary>
    /// <param name="folder">The folder; created if needed.</param>
    /// <param name="open">
    /// Opens the journal, given the locks, which the journal takes over, and whether no other process evaluates here: none joins meanwhile.
    /// </param>
    /// <exception cref="InputException">A process of an older version, which does not share, evaluates here.</exception>
    public static EvaluationJournal Join(string folder, Func<EvaluationLocks, bool, EvaluationJournal> open)
    {
        using var entrance = FolderLock.TryAcquire(Path.Combine(folder, Entrance), LongestWait, temporary: true)
            ?? throw new InputException($"{folder}: another process has been starting its work here for {LongestWait.TotalSeconds:f0} s");
        var isAlone = RemoveLocks(folder);
        var presence = FolderLock.TryShare(Path.Combine(folder, Presence))
            ?? throw new InputException($"{folder}: another process is at work here");
        var locks = new EvaluationLocks(folder, presence);
        try
        {
            return open(locks, isAlone);
        }
        catch
        {
            presence.Dispose();
            RemoveLocks(folder);
            throw;
        }
    }

    /// <summary>Claims a batch, so that no other process computes it too; null while another process has it.</summary>
    /// <param name="stage">The stage of the batch.</param>
    /// <param name="first">The position of its first image.</param>
    public FolderLock? TryClaim(int stage, int first) =>
        FolderLock.TryAcquire(Path.Combine(folder, $"{Presence}-{stage}-{first}"), temporary: true);

    /// <summary>Waits for the right to write results; null if another process has kept it for too long: results are written atomically.</summary>
    public FolderLock? LockResults(CancellationToken stop) =>
        FolderLock.TryAcquire(Path.Combine(folder, Results), LongestWait, temporary: true, stop);

    public void Dispose()
    {
        presence.Dispose();
        // While another process joins, it is up to that one.
        if (!Directory.Exists(folder)) return;
        using var entrance = FolderLock.TryAcquire(Path.Combine(folder, Entrance), temporary: true);
        if (entrance is not null) RemoveLocks(folder);
    }

    /// <summary>Removes all locks but the entrance, if no process evaluates here, and returns whether none does.</summary>
    private static bool RemoveLocks(string folder)
    {
        using var alone = FolderLock.TryAcquire(Path.Combine(folder, Presence), temporary: true);
        if (alone is null) return false;
        foreach (var claim in Directory.EnumerateFiles(folder, Presence + "-*").Where(file => Path.GetFileName(file) != Entrance).ToList())
            FolderLock.TryAcquire(claim, temporary: true)?.Dispose();
        return true;
    }
}
