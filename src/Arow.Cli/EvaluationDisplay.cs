using System.Globalization;
using Arow.Evaluation;

namespace Arow.Cli;

/// <summary>Progress of an evaluation on standard error; written by the evaluating thread, as in training.</summary>
internal sealed class EvaluationDisplay : IDisposable
{
    private readonly ProgressLine line = new();

    public void Show(EvaluationProgress p)
    {
        var speed = p.Done / Math.Max(p.Elapsed.TotalSeconds, 1e-9);
        var left = TimeSpan.FromSeconds((p.Total - p.Done) / Math.Max(speed, 1e-9));
        line.Renew(() => string.Create(CultureInfo.InvariantCulture,
            $"{p.Attack} {ProgressLine.Bar((double)p.Done / Math.Max(1, p.Total))} {p.Done}/{p.Total}  accuracy at most {p.Bound:p1}  {speed:f0} images/s  {ProgressLine.Time(left)} left"));
    }

    public void Done() => line.Clear();

    public void Dispose() => line.Clear();
}
