using System.Diagnostics;

namespace Arow.IO;

/// <summary>
/// The time that others are waited for. It must be read more often than every <see cref="LongestTick"/>: a longer gap between two readings is a
/// suspension of this process, by a signal or a batch system, which counts as one tick, since nobody else is late by it.
/// </summary>
/// <param name="now">A clock that goes on during suspensions; by default the system's.</param>
internal sealed class WaitingClock(Func<TimeSpan>? now = null)
{
    /// <summary>The longest time between two readings that counts in full.</summary>
    public static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(0.5);

    private readonly Func<TimeSpan> now = now ??= () => Stopwatch.GetElapsedTime(0);
    private TimeSpan last = now(), waited;

    /// <summary>Returns the time waited.</summary>
    public TimeSpan Read()
    {
        var reading = now();
        var tick = reading - last;
        last = reading;
        return waited += tick < LongestTick ? tick : LongestTick;
    }
}
