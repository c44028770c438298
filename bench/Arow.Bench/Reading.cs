using System.Diagnostics;

namespace Arow.Bench;

/// <summary>Takes a step and says what it took.</summary>
internal delegate Reading Timed(int attackSteps);

/// <summary>What one step took, in seconds.</summary>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Processor">
/// By the processor's time of all threads: on a machine that others use too it says more than the clock does.
/// </param>
internal readonly record struct Reading(double Elapsed, double Processor)
{
    public static Reading Of(Action action)
    {
        var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        action();
        return new Reading(clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    /// <summary>The median of several, of each time alone.</summary>
    public static Reading MedianOf(int repeats, Action action)
    {
        Reading[] all = [.. Enumerable.Range(0, repeats).Select(_ => Of(action))];
        return new Reading(all.Select(r => r.Elapsed).Order().ElementAt(repeats / 2), all.Select(r => r.Processor).Order().ElementAt(repeats / 2));
    }

    public static Reading operator /(Reading reading, double by) => new(reading.Elapsed / by, reading.Processor / by);
}
