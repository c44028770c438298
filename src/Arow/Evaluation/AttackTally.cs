using System.Diagnostics;
using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>Counts what an attack does, batch by batch.</summary>
internal sealed class AttackTally(IAttack attack, int standing)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<long> zero = [];
    private List<long>? rounded;
    private Traffic traffic;
    private double seconds;
    private int broken;

    /// <summary>Images that it has tried.</summary>
    public int Tried { get; private set; }

    /// <summary>Since it began here: what was done before a resumption is not in it.</summary>
    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>Of those tried, how many were done before a resumption.</summary>
    public int Remembered { get; private set; }

    public void Add(BatchOutcome batch)
    {
        Tried += batch.Rows.Count;
        if (batch.IsResumed) Remembered += batch.Rows.Count;
        broken += batch.Rows.Count(row => !row.Robust);
        seconds += batch.Seconds;
        traffic += batch.Traffic;
        zero.AddRange(batch.ZeroGradients ?? []);
        if (batch.Rounded is { } list) (rounded ??= []).AddRange(list);
    }

    /// <param name="images">All images.</param>
    /// <param name="left">Images that still stand.</param>
    /// <param name="right">Images that are rightly classified as they are.</param>
    public AttackResult Result(int images, int left, int right) => new(attack.Name, Tried, broken, (double)left / images, Math.Round(seconds, 3))
    {
        Alone = standing == right && Tried == standing ? (double)left / images : null,
        Complete = Tried == standing,
        Needs = attack.Needs,
        Traffic = traffic,
        ZeroGradients = zero,
        Rounded = rounded,
    };
}
