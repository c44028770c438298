using Arow.Training;

namespace Arow.Faults;

/// <summary>The folder of a small run, trained and measured within this process.</summary>
internal static class TrainedRun
{
    private static readonly (string, string)[] Small =
    [
        ("dataset", "glyphs"), ("limit-train", "60"), ("limit-test", "12"), ("model", "tiny-cnn"), ("epochs", "2"), ("batch-size", "10"),
        ("objective", "trades"),
        ("attack-steps", "2"), ("lr", "0.1"), ("ema-decay", "0.9"), ("watch", "6"), ("test-attack", "pgd10"), ("checkpoint-every", "0.0001"),
        ("threads", "1"),
    ];

    /// <summary>Trains to the end, or goes on to it.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="resume">Whether a run may be there.</param>
    /// <param name="steps">After so many steps it is stopped; null for the end.</param>
    /// <param name="measures">Whether the weights are measured in the end.</param>
    /// <param name="warned">Told of what is amiss, a line each.</param>
    /// <param name="given">Options over those of a small run.</param>
    /// <returns>Whether it got to the end.</returns>
    public static bool Make(string path, bool resume = false, int? steps = null, bool measures = true, Action<string>? warned = null,
        params IEnumerable<(string, string)> given)
    {
        using var stop = new CancellationTokenSource();
        var taken = 0;
        using var run = new TrainingRun(RunFile.Read(null, [.. Small, .. given]), new RunFolder(path), resume)
        {
            Observer = new TrainingCallbacks
            {
                Warning = warned,
                Step = _ =>
                {
                    if (++taken == steps) stop.Cancel();
                },
            },
        };
        if (run.Run(stop.Token).Interrupted) return false;
        if (measures) run.Evaluate();
        return true;
    }
}
