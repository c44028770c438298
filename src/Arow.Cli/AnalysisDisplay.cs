using System.Diagnostics;
using Arow.Analysis;
using Arow.Data;

namespace Arow.Cli;

/// <summary>Progress of an analysis on standard error, from before its first batch on, written by the working thread.</summary>
/// <param name="inspection">Reported when the work begins; a refusal before it prints a single line.</param>
internal sealed class AnalysisDisplay(DataInspection inspection) : IAnalysisObserver
{
    private readonly ProgressLine line = new();
    private readonly Stopwatch sinceProgress = new();
    private AnalysisProgress? current;
    private long queries;

    public void OnProgress(AnalysisProgress progress)
    {
        if (current is null) DataLines.Report(inspection);
        // Without a terminal, a new stage is reported at once; after that the usual interval applies.
        if (progress.Stage != current?.Stage && !Messages.IsTerminal) Messages.Note($"{progress.Stage} …");
        (current, queries) = (progress, 0);
        sinceProgress.Restart();
        Draw();
    }

    public void OnQuery()
    {
        queries++;
        Draw();
    }

    private void Draw()
    {
        if (current is { } p) line.Update(columns => Format(p, sinceProgress.Elapsed, queries, columns));
    }

    /// <summary>The line of progress.</summary>
    /// <param name="p">The progress after the last batch.</param>
    /// <param name="since">Time since then.</param>
    /// <param name="queries">Calls of a classifier since then.</param>
    /// <param name="columns">Of the terminal.</param>
    internal static string Format(AnalysisProgress p, TimeSpan since, long queries, int columns)
    {
        var done = $"{p.Done}/{p.Total}";
        var left = p.Done == 0 ? done : $"{ProgressLine.TimeLeft(p.Elapsed / p.Done * (p.Total - p.Done), since)} left";
        return ProgressLine.Fit(columns,
        [
            $"{p.Stage,-20} {left}",
            p.Done == 0 ? "" : done,
            ProgressLine.Passes(queries),
            ProgressLine.Bar((double)p.Done / Math.Max(1, p.Total)),
        ]);
    }
}
