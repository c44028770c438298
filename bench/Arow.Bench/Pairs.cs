using System.Diagnostics;

namespace Arow.Bench;

/// <summary>
/// Two ways to do the same, timed in turn: what slows the machine down for a while slows both, and their ratio hardly
/// changes.
/// </summary>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Processor">
/// By the processor's time of all threads: on a machine that others use too it says more than the clock does.
/// </param>
internal sealed record Pairs(Times Elapsed, Times Processor)
{
    /// <summary>Times each once to warm up, then in turn until the time is spent; at least two pairs.</summary>
    public static Pairs Time(Action ours, Action other, TimeSpan budget)
    {
        var began = Stopwatch.StartNew();
        Reading.Of(ours);
        Reading.Of(other);
        var (mine, theirs) = (new List<Reading>(), new List<Reading>());
        while (mine.Count < 2 || began.Elapsed < budget)
        {
            // The order alternates, so that a drift favours neither.
            if (mine.Count % 2 == 0) mine.Add(Reading.Of(ours));
            theirs.Add(Reading.Of(other));
            if (mine.Count < theirs.Count) mine.Add(Reading.Of(ours));
        }
        return new Pairs(Times.Of(mine, theirs, r => r.Elapsed), Times.Of(mine, theirs, r => r.Processor));
    }

    /// <summary>One run.</summary>
    private readonly record struct Reading(double Elapsed, double Processor)
    {
        public static Reading Of(Action action)
        {
            using var self = Process.GetCurrentProcess();
            var (clock, before) = (Stopwatch.StartNew(), self.TotalProcessorTime);
            action();
            var elapsed = clock.Elapsed;
            self.Refresh();
            return new Reading(elapsed.TotalSeconds, (self.TotalProcessorTime - before).TotalSeconds);
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

    public static Times Of<T>(IReadOnlyList<T> ours, IReadOnlyList<T> other, Func<T, double> time) => new(
        [.. ours.Zip(other, (m, t) => time(t) / time(m)).Order()], ours.Min(time), other.Min(time));

    public override string ToString() => $"{Median:0.00} ({At(0.25):0.00} to {At(0.75):0.00}, n {Sorted.Count})";

    private double At(double share)
    {
        var place = share * (Sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, Sorted.Count - 1);
        return Sorted[below] + (place - below) * (Sorted[above] - Sorted[below]);
    }
}
