using System.Diagnostics;
using System.Globalization;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Reports;
using Arow.Statistics;

namespace Arow.Cli;

/// <summary>
/// Progress of an evaluation on standard error, written by the evaluating thread, as in training: on a terminal a table
/// that is redrawn, with the robust accuracy after each attack; elsewhere an occasional line, and one for each
/// finished attack.
/// </summary>
internal sealed class EvaluationDisplay : IEvaluationObserver, IDisposable
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private EvaluationProgress? current;
    private DataInspection? pendingInspection;
    private readonly ProgressLine line = new();
    private TimeSpan lastProgress;
    private long queries;
    private int reported;

    /// <summary>Reports the inspection of the images when the work begins; a refusal before it prints a single line.</summary>
    public void ReportFirst(DataInspection inspection) => pendingInspection = inspection;

    /// <summary>Whether this process has written the results; otherwise another process has that shared the evaluation.</summary>
    public bool HasResults { get; private set; }

    /// <summary>Pictures of adversarial images; null before the evaluation is done, or if there are none.</summary>
    public PngFigure? Examples { get; private set; }

    public void OnProgress(EvaluationProgress progress)
    {
        if (pendingInspection is not null)
        {
            DataLines.Report(pendingInspection);
            pendingInspection = null;
        }
        (current, lastProgress, queries) = (progress, clock.Elapsed, 0);
        for (; reported < progress.Results.Count; reported++)
        {
            var result = FormatResult(progress.Results[reported], progress.Images, int.MaxValue);
            if (!Messages.IsTerminal) Messages.Note(result);
            else Messages.Log("info", result);
        }
        Draw();
    }

    public void OnQuery()
    {
        queries++;
        Draw();
    }

    public void OnJoined() => Messages.Note("another process is at work here: each computes batches that no other has");

    public void OnEvaluated(EvaluationArtifacts examined) => (HasResults, Examples) = (true, ExampleFigure.Draw(examined));

    public void Finish()
    {
        Messages.Erase();
        current = null;
    }

    public void Dispose() => Finish();

    private void Draw()
    {
        if (current is not { } p) return;
        line.Update(columns => FormatCurrent(p, columns), columns =>
        [
            .. p.Results.Select(r => FormatResult(r, p.Images, columns)),
            FormatCurrent(p, columns),
            .. p.Attacks.SkipWhile(a => a != p.Attack).Skip(p.Attacks.Contains(p.Attack) ? 1 : 0).Select(a => $"{a,-12} to come"),
        ]);
    }

    private string FormatCurrent(EvaluationProgress p, int columns)
    {
        var speed = (p.Done - p.Resumed) / Math.Max(p.Elapsed.TotalSeconds, 1e-9);
        // Before the part that a narrow terminal truncates.
        var left = p.TimeLeft is { } most
            ? $"≤ {ProgressLine.TimeLeft(most, clock.Elapsed - lastProgress)} left{(p.Attacks.Count > 1 ? " in all" : "")}" : "";
        return ProgressLine.Fit(columns,
        [
            string.Create(CultureInfo.InvariantCulture, $"{p.Attack,-12} {(left.Length > 0 ? left : $"{p.Done}/{p.Total}")}"),
            speed > 0 ? string.Create(CultureInfo.InvariantCulture, $"{speed:0.#} images/s") : "",
            left.Length > 0 ? $"{p.Done}/{p.Total}" : "",
            p.Attack == NoAttack.Name ? FormatClean(p.Bound) : FormatBound(p.Bound, p.Images),
            ProgressLine.Bar((double)p.Done / Math.Max(1, p.Total)),
            ProgressLine.Passes(queries),
        ]);
    }

    /// <summary>What an attack came to; a narrow terminal shows neither the interval nor the time, and the accuracy first.</summary>
    internal static string FormatResult(AttackResult r, int images, int columns)
    {
        var (broke, bound) = ($"{r.Name,-12} broke {r.Broken} of {r.Attacked}", FormatBound(r.Accuracy, images));
        var whole = ProgressLine.Fit(columns, [broke, bound, ProgressLine.Time(TimeSpan.FromSeconds(r.Seconds))]);
        return whole.Length > broke.Length ? whole : ProgressLine.Fit(columns,
            [string.Create(CultureInfo.InvariantCulture, $"{r.Name,-12} robust at most {100 * r.Accuracy:f1} %"), $"broke {r.Broken} of {r.Attacked}"]);
    }

    private static string FormatClean(double accuracy) => string.Create(CultureInfo.InvariantCulture, $"accuracy so far {100 * accuracy:f1} %");

    private static string FormatBound(double accuracy, int images)
    {
        var (low, high) = Confidence.Wilson((long)Math.Round(accuracy * images), Math.Max(1, images));
        return string.Create(CultureInfo.InvariantCulture, $"robust accuracy at most {100 * accuracy:f1} % ({100 * low:f1} – {100 * high:f1} %)");
    }
}
