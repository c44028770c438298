using Arow.Analysis;

namespace Arow.Tests;

/// <summary>An observer made of delegates; null delegates do nothing.</summary>
internal sealed class Observer : IEvaluationObserver, IAnalysisObserver
{
    public Action<EvaluationProgress>? Evaluation { get; init; }

    public Action<AnalysisProgress>? Analysis { get; init; }

    public Action? Query { get; init; }

    public void OnProgress(EvaluationProgress progress) => Evaluation?.Invoke(progress);

    public void OnProgress(AnalysisProgress progress) => Analysis?.Invoke(progress);

    public void OnQuery() => Query?.Invoke();
}
