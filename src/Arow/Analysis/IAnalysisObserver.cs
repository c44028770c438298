namespace Arow.Analysis;

/// <summary>The progress of an analysis.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Done">Number of finished images, or rows of a loss surface; 0 before the first batch.</param>
/// <param name="Total">Number of all.</param>
/// <param name="Elapsed">Time since the start of the stage.</param>
internal sealed record AnalysisProgress(string Stage, int Done, int Total, TimeSpan Elapsed);

/// <summary>Observes an analysis, on the thread that computes it.</summary>
internal interface IAnalysisObserver
{
    /// <summary>Called when a stage begins, and after every batch.</summary>
    void OnProgress(AnalysisProgress progress);

    /// <summary>Called whenever a classifier is called: a batch may take minutes.</summary>
    void OnQuery();
}
