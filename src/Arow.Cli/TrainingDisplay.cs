using System.Diagnostics;
using System.Globalization;
using Arow.Training;

namespace Arow.Cli;

/// <summary>
/// Progress on standard error: on a terminal one line that renews itself, elsewhere a line now and then. Everything is
/// written by the training thread: another thread's garbage collections may strike temporaries of libtorch.
/// </summary>
internal sealed class TrainingDisplay : IDisposable
{
    private readonly bool terminal = !Console.IsErrorRedirected;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan last;

    public void Step(TrainingProgress p)
    {
        if (clock.Elapsed - last < (terminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(30))) return;
        last = clock.Elapsed;
        var done = (double)p.Batch / p.Batches;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"epoch {p.Epoch}/{p.Epochs} {Bar(done)} loss {p.Loss:f3}{Share(" clean", p.CleanAccuracy)}{Share(" robust", p.RobustAccuracy)}  {p.ImagesPerSecond:f0} images/s  {Time(p.TimeLeft)} left");
        if (terminal) Console.Error.Write($"\r{line}\x1b[K");
        else Console.Error.WriteLine(line);
    }

    public void Epoch(EpochRecord e) => Write(string.Create(CultureInfo.InvariantCulture,
        $"epoch {e.Epoch}: loss {e.Loss:f3}{Share(" clean", e.TrainClean)}{Share(" robust", e.TrainRobust)}{Share("; selection: clean", e.SelectionClean)}{Share(" robust", e.SelectionRobust)}{(e.Selected ? "  saved" : "")}"));

    public void Warn(string line) => Write($"arow: {line}");

    public void Dispose()
    {
        if (terminal) Console.Error.Write("\r\x1b[K");
    }

    private void Write(string line) => Console.Error.WriteLine(terminal ? $"\r{line}\x1b[K" : line);

    private static string Bar(double done)
    {
        const int Width = 20;
        var full = (int)(done * Width);
        return $"[{new string('#', full)}{new string('.', Width - full)}]";
    }

    private static string Share(string name, double? value) =>
        value is { } v ? string.Create(CultureInfo.InvariantCulture, $"{name} {v:p1}") : "";

    private static string Time(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
        : $"{time.Minutes}:{time.Seconds:00}";
}
