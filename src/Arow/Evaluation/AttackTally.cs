using System.Diagnostics;
using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>Counts what an attack does, batch by batch.</summary>
internal sealed class AttackTally(IAttack attack, int robustCount)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<long> zeroGradients = [];
    private List<long>? rounded;
    private QueryCounts queryCounts;
    private double seconds;
    private int broken;

    /// <summary>Images that it has tried.</summary>
    public int Tried { get; private set; }

    /// <summary>Since it began here: what was done before a resumption is not in it.</summary>
    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>Of those tried, how many were done before a resumption.</summary>
    public int Resumed { get; private set; }

    public void Add(BatchOutcome batch)
    {
        Tried += batch.Rows.Count;
        if (batch.IsResumed) Resumed += batch.Rows.Count;
        broken += batch.Rows.Count(row => !row.Robust);
        seconds += batch.Seconds;
        queryCounts += batch.QueryCounts;
        zeroGradients.AddRange(batch.ZeroGradients ?? []);
        if (batch.Rounded is { } list) (rounded ??= []).AddRange(list);
    }

    /// <param name="images">All images.</param>
    /// <param name="robust">Images that still stand.</param>
    /// <param name="correct">Images that are rightly classified as they are.</param>
    public AttackResult Result(int images, int robust, int correct) =>
        new(attack.Name, Tried, broken, (double)robust / images, Math.Round(seconds, 3))
        {
            AccuracyAlone = robustCount == correct && Tried == robustCount ? (double)robust / images : null,
            Complete = Tried == robustCount,
            Needs = attack.Needs,
            QueryCounts = queryCounts,
            ZeroGradients = zeroGradients,
            Rounded = rounded,
        };
}
