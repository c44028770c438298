using System.Diagnostics;
using System.Globalization;
using Arow.Data;
using Arow.Evaluation;
using Arow.Reports;

namespace Arow.Cli;

/// <summary>
/// Progress of an evaluation on standard error, written by the evaluating thread, as in training: on a terminal a table
/// that renews itself, with what every attack has left of the accuracy; elsewhere a line now and then, and one for each
/// attack that is done.
/// </summary>
internal sealed class EvaluationDisplay : IEvaluationObserver, IDisposable
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(250), Seldom = TimeSpan.FromSeconds(30);

    private readonly bool terminal = !Console.IsErrorRedirected;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private EvaluationProgress? now;
    private DataInspection? inspected;
    private TimeSpan drawn, shown;
    private long asked;
    private int told, lines;

    /// <summary>Says what is in the images as soon as work with them begins: what is refused before has one line of its own.</summary>
    public void SayFirst(DataInspection inspection) => inspected = inspection;

    /// <summary>Pictures of what the evaluation found; null before it is done, or where there is nothing to show.</summary>
    public PngFigure? Examples { get; private set; }

    public void OnProgress(EvaluationProgress progress)
    {
        if (inspected is not null)
        {
            foreach (var line in DataLines.Of(inspected, whole: false, "data: ", Console.IsErrorRedirected)) Say(line);
            inspected = null;
        }
        (now, shown, asked) = (progress, clock.Elapsed, 0);
        for (; told < progress.Results.Count; told++)
        {
            if (!terminal) Console.Error.WriteLine(Line(progress, progress.Results[told]));
        }
        Draw();
    }

    public void OnQuery()
    {
        asked++;
        Draw();
    }

    public void OnEvaluated(Examined examined) => Examples = ExamplePictures.Draw(examined);

    /// <summary>Says something that stays.</summary>
    public void Say(string text)
    {
        Erase();
        Console.Error.WriteLine(text);
    }

    public void Done()
    {
        Erase();
        now = null;
    }

    public void Dispose() => Done();

    private void Draw()
    {
        if (now is not { } p || clock.Elapsed - drawn < (terminal ? Often : Seldom)) return;
        drawn = clock.Elapsed;
        if (!terminal)
        {
            Console.Error.WriteLine(Current(p));
            return;
        }
        string[] table =
        [
            .. p.Results.Select(r => Line(p, r)),
            Current(p),
            .. p.Attacks.SkipWhile(a => a != p.Attack).Skip(p.Attacks.Contains(p.Attack) ? 1 : 0).Select(a => $"{a,-12} to come"),
        ];
        Erase();
        // A line that wraps would take two, and the table would not find its beginning again.
        foreach (var line in table) Console.Error.WriteLine(line[..Math.Min(line.Length, Width - 1)]);
        lines = table.Length;
    }

    private void Erase()
    {
        if (lines > 0) Console.Error.Write($"\x1b[{lines}A\r\x1b[J");
        lines = 0;
    }

    private static int Width => Math.Max(ProgressLine.Columns, 20);

    private string Current(EvaluationProgress p)
    {
        var speed = (p.Done - p.Remembered) / Math.Max(p.Elapsed.TotalSeconds, 1e-9);
        // Counts down within a batch, which may take long; ahead of what a narrow terminal cuts off.
        var left = p.Left is { } most ? $"≤ {ProgressLine.Time(Positive(most - (clock.Elapsed - shown)))} left{(p.Attacks.Count > 1 ? " in all" : "")}  " : "";
        var pace = speed > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {speed:0.#} images/s") : "";
        var busy = asked > 0 ? $"  {asked} passes into the next batch" : "";
        return $"{p.Attack,-12} {ProgressLine.Bar((double)p.Done / Math.Max(1, p.Total))} {p.Done}/{p.Total}  {left}{(p.Attack == "clean" ? Clean(p.Bound) : Bound(p.Bound, p.Images))}{pace}{busy}";
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private static string Line(EvaluationProgress p, AttackResult r) => string.Create(CultureInfo.InvariantCulture,
        $"{r.Name,-12} turned {r.Broken} of {r.Attacked}  {Bound(r.Accuracy, p.Images)}  {ProgressLine.Time(TimeSpan.FromSeconds(r.Seconds))}");

    private static string Clean(double accuracy) => string.Create(CultureInfo.InvariantCulture, $"accuracy so far {100 * accuracy:f1} %");

    private static string Bound(double accuracy, int images)
    {
        var (low, high) = Confidence.Wilson((long)Math.Round(accuracy * images), Math.Max(1, images));
        return string.Create(CultureInfo.InvariantCulture, $"robust accuracy at most {100 * accuracy:f1} % ({100 * low:f1} – {100 * high:f1} %)");
    }
}
