using System.Globalization;
using Arow.Data;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Progress of training on standard error.</summary>
internal sealed class TrainingDisplay : ITrainingObserver, IDisposable
{
    private readonly ProgressLine line = new();

    public void OnStep(TrainingProgress p) => line.Update(() => string.Create(CultureInfo.InvariantCulture,
        $"epoch {p.Epoch}/{p.Epochs} {ProgressLine.Bar((double)p.Batch / p.Batches)} loss "
            + $"{p.Loss:f3}{Share(" clean", p.CleanAccuracy)}{Share(" robust", p.RobustAccuracy)}  {p.ImagesPerSecond:f0} images/s  "
            + $"{ProgressLine.Time(p.TimeLeft)} left"));

    public void OnEpoch(EpochRecord e) => line.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"epoch {e.Epoch}: loss {e.Loss:f3}{Share(" clean", e.TrainClean)}{Share(" robust", e.TrainRobust)}{Share("; selection: clean", e.SelectionClean)}{Share(" robust", e.SelectionRobust)}{(e.Selected ? "  saved" : "")}"));

    public void OnWarning(string text) => line.WriteLine($"arow: {text}");

    /// <summary>What is in the images that are worked with.</summary>
    public void ReportData(DataInspection inspection)
    {
        foreach (var dataLine in DataLines.Format(inspection, detailed: false, "data: ", Console.IsErrorRedirected)) line.WriteLine(dataLine);
    }

    public void Dispose() => line.Clear();

    private static string Share(string name, double? value) =>
        value is { } v ? string.Create(CultureInfo.InvariantCulture, $"{name} {v:p1}") : "";
}
