using System.Diagnostics;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>
/// The batches of a stage of an evaluation, in order. Processes that share an evaluation share its stages: each computes
/// batches that no other has claimed, and waits when none is left. The batches are those of a single process, so the rows are too,
/// to the bit.
/// </summary>
internal sealed class EvaluationStage
{
    private readonly EvaluationJournal? journal;
    private readonly int stage;
    private readonly Func<int, BatchRecord> compute;
    private readonly CancellationToken stop;
    private readonly IReadOnlyList<int> firsts;
    private readonly Dictionary<int, BatchRecord> computedHere = [];

    /// <param name="journal">The journal; null for none.</param>
    /// <param name="stage">As in <see cref="BatchRecord"/>.</param>
    /// <param name="firsts">For each batch, the position of its first image among those of the stage.</param>
    /// <param name="compute">Computes a batch, without its time.</param>
    /// <param name="stop">Requests a stop.</param>
    public EvaluationStage(
        EvaluationJournal? journal, int stage, IReadOnlyList<int> firsts, Func<int, BatchRecord> compute, CancellationToken stop) =>
        (this.journal, this.stage, this.firsts, this.compute, this.stop) = (journal, stage, firsts, compute, stop);

    /// <summary>Creates the stage of batches of images.</summary>
    /// <param name="journal">The journal; null for none.</param>
    /// <param name="stage">As in <see cref="BatchRecord"/>.</param>
    /// <param name="batches">The positions of the images of each batch.</param>
    /// <param name="compute">Computes a batch, without its stage, its place and its time.</param>
    /// <param name="stop">Requests a stop.</param>
    public static EvaluationStage Create(
        EvaluationJournal? journal, int stage, IReadOnlyList<int[]> batches, Func<int[], BatchRecord> compute, CancellationToken stop)
    {
        var firsts = new List<int>();
        foreach (var batch in batches) firsts.Add(firsts.Count == 0 ? 0 : firsts[^1] + batches[firsts.Count - 1].Length);
        return new(journal, stage, firsts, n => compute(batches[n]), stop);
    }

    /// <summary>
    /// The least time to wait for a batch that another process has claimed. After it, and after several times the longest batch, that
    /// process is taken to be suspended, and the batch is computed here too.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether a record was computed by this object.</summary>
    public bool IsComputedHere(int number) => computedHere.ContainsKey(number);

    /// <summary>Returns the record of a batch; null while another process has claimed it.</summary>
    /// <param name="number">The batch.</param>
    public BatchRecord? TryGetOrCompute(int number) =>
        journal is null ? GetOrCompute(number) : Find(number) is not null || TryCompute(number) ? Find(number) : null;

    /// <summary>Returns the record of a batch. Until it is there, computes this and later batches that no other process has claimed.</summary>
    /// <param name="number">The batch.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public BatchRecord GetOrCompute(int number)
    {
        const int LongBatches = 3, ShortestPause = 10, LongestPause = 500;
        stop.ThrowIfCancellationRequested();
        if (journal is null) return computedHere.TryGetValue(number, out var own) ? own : computedHere[number] = Timed(number);
        var (waiting, pause, known) = (new WaitingClock(), ShortestPause, journal.Count);
        while (true)
        {
            if (Find(number) is { } record) return record;
            stop.ThrowIfCancellationRequested();
            var isComputed = Enumerable.Range(number, firsts.Count - number).Any(n => Find(n) is null && TryCompute(n));
            if (!isComputed && waiting.Read() > Max(Patience, LongBatches * journal.LongestBatch)) isComputed = Compute(number);
            if (isComputed || journal.Count > known)
            {
                (pause, known) = (ShortestPause, journal.Count);
                waiting = new();
                continue;
            }
            stop.WaitHandle.WaitOne(pause);
            pause = Math.Min(2 * pause, LongestPause);
            journal.Refresh();
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private BatchRecord? Find(int number) => journal?.Find(stage, firsts[number]);

    /// <summary>Computes and records a batch, unless another process has claimed it; whether its record is there.</summary>
    private bool TryCompute(int number)
    {
        using var claim = journal!.TryClaim(stage, firsts[number]);
        if (claim is null) return false;
        // Another process may have finished it since.
        journal.Refresh();
        return Find(number) is not null || Compute(number);
    }

    private bool Compute(int number)
    {
        var record = Timed(number);
        if (ReferenceEquals(journal!.Append(record).Rows, record.Rows)) computedHere[number] = record;
        return true;
    }

    private BatchRecord Timed(int number)
    {
        var clock = Stopwatch.StartNew();
        return compute(number) with { Stage = stage, First = firsts[number], Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3) };
    }
}
