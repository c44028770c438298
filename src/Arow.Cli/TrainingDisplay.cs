using System.Diagnostics;
using System.Globalization;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Progress of training on standard error.</summary>
internal sealed class TrainingDisplay : ITrainingObserver, IDisposable
{
    /// <summary>The speed of the first steps is not yet that of the others; short trainings need no estimate.</summary>
    private static readonly TimeSpan TimedAfter = TimeSpan.FromSeconds(10), ShortestReported = TimeSpan.FromMinutes(1);

    private readonly ProgressLine line = new();
    private readonly Stopwatch sinceFirstStep = new();
    private bool isEndReported;

    public void OnStep(TrainingProgress p)
    {
        sinceFirstStep.Start();
        if (!isEndReported && sinceFirstStep.Elapsed >= TimedAfter)
        {
            isEndReported = true;
            if (p.TimeLeft >= ShortestReported) Messages.Note(DescribeEnd(p.TimeLeft, DateTime.Now));
        }
        line.Update(columns => Format(p, columns));
    }

    /// <summary>Describes when the training ends; reported once.</summary>
    /// <param name="left">At the speed so far.</param>
    /// <param name="now">The time of the clock.</param>
    internal static string DescribeEnd(TimeSpan left, DateTime now) => string.Create(CultureInfo.InvariantCulture,
        $"time: about {ProgressLine.Time(left)} left, to the end about {now + left:yyyy-MM-dd HH:mm}; evaluations are not counted");

    /// <summary>Time left and rate first, then as much as there is room for.</summary>
    /// <param name="p">The progress.</param>
    /// <param name="columns">Of the terminal.</param>
    internal static string Format(TrainingProgress p, int columns) => ProgressLine.Fit(columns,
    [
        $"{ProgressLine.Time(p.TimeLeft)} left", string.Create(CultureInfo.InvariantCulture, $"{p.ImagesPerSecond:f0} images/s"),
        string.Create(CultureInfo.InvariantCulture, $"epoch {p.Epoch}/{p.Epochs} {100.0 * p.Batch / p.Batches:f0} %"),
        Share("robust", p.RobustAccuracy), string.Create(CultureInfo.InvariantCulture, $"loss {p.Loss:f3}"), Share("clean", p.CleanAccuracy),
        ProgressLine.Bar((double)p.Batch / p.Batches),
    ]);

    public void OnEpoch(EpochRecord e) => Messages.Note(string.Create(CultureInfo.InvariantCulture,
        $"epoch {e.Epoch}: loss {e.Loss:f3}{Share(" clean", e.TrainClean)}{Share(" robust", e.TrainRobust)}{Share("; selection: clean", e.SelectionClean)}{Share(" robust", e.SelectionRobust)}{(e.Selected ? "  saved" : "")}"));

    public void OnWarning(string text) => Messages.Warn(text);

    public void Dispose() => Messages.Erase();

    private static string Share(string name, double? value) =>
        value is { } v ? string.Create(CultureInfo.InvariantCulture, $"{name} {v:p1}") : "";
}
