using System.Diagnostics;
using Arow.IO;
using Arow.Training;

namespace Arow.Reports;

/// <summary>
/// The page of a run while it trains: <c>report.html</c>, written at the start and after each epoch, but no more often than it
/// reloads itself, until the run has ended.
/// </summary>
/// <param name="folder">The folder of the run.</param>
/// <param name="inner">The observer that follows the training, too.</param>
internal sealed class LivePage(RunFolder folder, ITrainingObserver inner) : ITrainingObserver, IDisposable
{
    /// <summary>The time after which the page reloads itself.</summary>
    public const int RefreshSeconds = 10;

    private string? state;
    private long written;
    private bool finished, warned;

    /// <summary>The page.</summary>
    public string Path => System.IO.Path.Combine(folder.Path, "report.html");

    /// <summary>The least time between two epochs that are shown.</summary>
    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(RefreshSeconds);

    public void OnStep(TrainingProgress progress)
    {
        inner.OnStep(progress);
        // Before the first step the folder may be somebody else's.
        if (state is null) Show($"RUNNING: epoch {progress.Epoch} of {progress.Epochs}.");
    }

    public void OnEpoch(EpochRecord epoch)
    {
        inner.OnEpoch(epoch);
        // The page reloads no sooner, and the epochs of a small network take less time than writing it.
        if (state is null || Stopwatch.GetElapsedTime(written) >= Interval) Show($"RUNNING: epoch {epoch.Epoch} is done.");
    }

    public void OnWarning(string line) => inner.OnWarning(line);

    /// <summary>Shows that the training is done and its weights are evaluated.</summary>
    public void ShowEvaluating() => Show("RUNNING: the training is done, the selected weights are evaluated.");

    /// <summary>Leaves the page to the report of the finished run.</summary>
    public void Finish() => finished = true;

    /// <summary>Ends the page of a run that was stopped or failed: it no longer reloads itself.</summary>
    public void Dispose()
    {
        if (state is not null && !finished) Write("STOPPED before the end; the run can be resumed.", refresh: null);
    }

    private void Show(string text) => Write(state = text, RefreshSeconds);

    private void Write(string text, int? refresh)
    {
        written = Stopwatch.GetTimestamp();
        try
        {
            var report = TrainingReport.Underway(folder, text) with { RefreshSeconds = refresh };
            AtomicFile.Write(Path, report.ToHtml());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            // A page is no reason to lose a training.
            if (!warned) inner.OnWarning($"{Path}: cannot be written: {(e is InputException ? e.Message : FileError.Describe(e))}");
            warned = true;
        }
    }
}
