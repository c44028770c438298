using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// Estimates the maximum time left of an evaluation: the remaining queries of its attacks at their
/// cost so far. Images that are broken on the way make it shorter.
/// </summary>
/// <param name="attacks">All attacks, in order.</param>
/// <param name="classes">The number of classes.</param>
internal sealed class EtaEstimator(IReadOnlyList<IAttack> attacks, int classes)
{
    private double seconds, passes;
    private double attackSeconds, attackImages;

    /// <summary>Adds the classification of clean images.</summary>
    public void Add(double elapsed, double count) => (seconds, passes) = (seconds + elapsed, passes + count);

    /// <summary>Adds a finished batch of an attack.</summary>
    public void Add(IAttack attack, BatchOutcome batch)
    {
        (attackSeconds, attackImages) = (attackSeconds + batch.Seconds, attackImages + batch.Rows.Count);
        if (attack.PassesAreObservable) Add(batch.Seconds, batch.QueryCounts.Images + 2.0 * batch.QueryCounts.Gradients);
    }

    /// <summary>Starts another attack, which has its own cost per image.</summary>
    public void StartAttack() => (attackSeconds, attackImages) = (0, 0);

    /// <summary>Returns the maximum time left; null before any measurement.</summary>
    /// <param name="current">The index of the current attack; -1 before the first.</param>
    /// <param name="remaining">Images that it has not attacked yet.</param>
    /// <param name="robust">Images that later attacks may have to attack.</param>
    public TimeSpan? Estimate(int current, int remaining, int robust)
    {
        if (passes == 0) return null;
        var pass = seconds / passes;
        var image = attackImages > 0 ? attackSeconds / attackImages : current < 0 ? pass : pass * attacks[current].Passes(classes);
        var left = remaining * image + robust * pass * attacks.Skip(current + 1).Sum(a => (double)a.Passes(classes));
        return TimeSpan.FromSeconds(Math.Min(left, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
