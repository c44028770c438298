using System.Diagnostics;

namespace Arow.Bench;

/// <summary>
/// Two ways to do the same, timed in turn: what slows the machine down for a while slows both, and their ratio hardly
/// changes.
/// </summary>
internal sealed record Pairs(Times Elapsed, Times Processor)
{
    /// <summary>
    /// Several ways beside one: each reading of one of them stands next to one of ours. All take a short step to warm up, then
    /// are timed in turn until the time is spent.
    /// </summary>
    /// <param name="ours">Takes one step of ours.</param>
    /// <param name="others">Take one step each.</param>
    /// <param name="budget">When to stop.</param>
    /// <param name="least">Pairs of the first two to take in any case; of the others one.</param>
    public static IReadOnlyList<Pairs> Time(Timed ours, IReadOnlyList<Timed> others, TimeSpan budget, int least = 2)
    {
        var began = Stopwatch.StartNew();
        ours(1);
        foreach (var other in others) other(1);

        var read = others.Select(_ => new List<(Reading Ours, Reading Other)>()).ToList();
        for (var round = 0; ; round++)
        {
            for (var i = 0; i < others.Count; i += 2)
            {
                var owed = round == 0 || (i == 0 && round < least);
                if (!owed && began.Elapsed >= budget)
                    return [.. read.Select(pairs => new Pairs(Times.Of(pairs, r => r.Elapsed), Times.Of(pairs, r => r.Processor)))];
                // Before, ours, behind; the other way about in the next round, so that a drift favours none.
                var (before, behind) = round % 2 == 1 ? (i + 1, i) : (i, i + 1);
                var first = before < others.Count ? others[before](Job.AttackSteps) : default;
                var mine = ours(Job.AttackSteps);
                var last = behind < others.Count ? others[behind](Job.AttackSteps) : default;
                if (before < others.Count) read[before].Add((mine, first));
                if (behind < others.Count) read[behind].Add((mine, last));
            }
        }
    }
}

/// <summary>Time of the other by time of ours.</summary>
/// <param name="Sorted">A number for each pair, ascending.</param>
/// <param name="Ours">The best time of ours, in seconds.</param>
/// <param name="Other">The best time of the other.</param>
internal sealed record Times(IReadOnlyList<double> Sorted, double Ours, double Other)
{
    public double Median => At(0.5);

    public static Times Of(IReadOnlyList<(Reading Ours, Reading Other)> pairs, Func<Reading, double> time) => new(
        [.. pairs.Select(p => time(p.Other) / time(p.Ours)).Order()], pairs.Min(p => time(p.Ours)), pairs.Min(p => time(p.Other)));

    public override string ToString() => $"{Median:0.00} ({At(0.25):0.00} to {At(0.75):0.00}, n {Sorted.Count})";

    private double At(double share)
    {
        var place = share * (Sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, Sorted.Count - 1);
        return Sorted[below] + (place - below) * (Sorted[above] - Sorted[below]);
    }
}
