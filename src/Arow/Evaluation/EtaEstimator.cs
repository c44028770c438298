using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// How long an evaluation will still take at most: what its attacks have left to ask of the classifier, at what that has
/// cost so far. Images that fall on the way make it shorter.
/// </summary>
/// <param name="attacks">All, in order.</param>
/// <param name="classes">How many classes there are.</param>
internal sealed class EtaEstimator(IReadOnlyList<IAttack> attacks, int classes)
{
    private double seconds, passes;
    private double attackSeconds, attackImages;

    /// <summary>Images were classified as they are.</summary>
    public void Add(double elapsed, double count) => (seconds, passes) = (seconds + elapsed, passes + count);

    /// <summary>An attack is done with a batch.</summary>
    public void Add(IAttack attack, BatchOutcome batch)
    {
        (attackSeconds, attackImages) = (attackSeconds + batch.Seconds, attackImages + batch.Rows.Count);
        if (attack.PassesAreObservable) Add(batch.Seconds, batch.QueryCounts.Images + 2.0 * batch.QueryCounts.Gradients);
    }

    /// <summary>Another attack begins: what an image cost with the one before says nothing of it.</summary>
    public void StartAttack() => (attackSeconds, attackImages) = (0, 0);

    /// <summary>From here to the end; null before anything is known.</summary>
    /// <param name="current">The place of the attack at work; -1 before the first.</param>
    /// <param name="remaining">Images that it has not got to.</param>
    /// <param name="robust">Images that may stand until the attacks to come.</param>
    public TimeSpan? Estimate(int current, int remaining, int robust)
    {
        if (passes == 0) return null;
        var pass = seconds / passes;
        var image = attackImages > 0 ? attackSeconds / attackImages : current < 0 ? pass : pass * attacks[current].Passes(classes);
        var left = remaining * image + robust * pass * attacks.Skip(current + 1).Sum(a => (double)a.Passes(classes));
        return TimeSpan.FromSeconds(Math.Min(left, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
