using System.Diagnostics;

namespace Arow.Cli;

/// <summary>
/// A limit for a task of another process: on its processor time, so that a busy machine ends nothing that advances, and a longer one on the clock,
/// for what waits forever.
/// </summary>
/// <param name="Processor">The processor time that the process may use for the task.</param>
/// <param name="Clock">The time that the task may take.</param>
internal sealed record TimeLimit(TimeSpan Processor, TimeSpan Clock)
{
    /// <summary>Waits for the task; returns the limit that was exceeded, in words, or null if the task has ended.</summary>
    /// <param name="task">Ends when the process has done its work or is gone.</param>
    /// <param name="process">What works.</param>
    public string? Wait(Task task, Process process)
    {
        var (clock, before) = (Stopwatch.StartNew(), ProcessorTime(process));
        // A reading of the clock now and then costs nothing beside the work, and ends it late by no more than that.
        var interval = (Processor < Clock ? Processor : Clock) / 20;
        while (!task.Wait(interval))
        {
            if (ProcessorTime(process) - before > Processor) return $"{Format(Processor)} of processor time";
            if (clock.Elapsed > Clock) return Format(Clock);
        }
        return null;
    }

    private static TimeSpan ProcessorTime(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            // It has ended.
            return TimeSpan.Zero;
        }
    }

    private static string Format(TimeSpan time) =>
        time.TotalMinutes >= 2 ? $"{time.TotalMinutes:0} minutes" : $"{time.TotalSeconds:0.#} s";
}
