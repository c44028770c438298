using System.Diagnostics;
using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>Counts the results of an attack, batch by batch.</summary>
internal sealed class AttackTally(IAttack attack, int robustCount)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<long> zeroGradients = [];
    private List<long>? rounded;
    private QueryCounts queryCounts;
    private double seconds;
    private int broken;

    /// <summary>The number of attacked images.</summary>
    public int Tried { get; private set; }

    /// <summary>The time since the start or the resumption.</summary>
    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>The number of those that were attacked before a resumption.</summary>
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
    /// <param name="robust">Images that are still robust.</param>
    /// <param name="correct">Images that are correctly classified without an attack.</param>
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
