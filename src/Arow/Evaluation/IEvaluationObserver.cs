namespace Arow.Evaluation;

/// <summary>
/// Follows an evaluation. Methods are called on the evaluating thread; those that are not implemented do nothing.
/// </summary>
public interface IEvaluationObserver
{
    /// <summary>An attack begins, or a batch is done.</summary>
    void OnProgress(EvaluationProgress progress) { }

    /// <summary>An attack calls the classifier.</summary>
    void OnQuery() { }

    /// <summary>The evaluation is done; its classifier is still there: to draw adversarial images, for example.</summary>
    void OnEvaluated(EvaluationArtifacts examined) { }
}

/// <summary>Passes on the progress of an evaluation that is not the one whose results are shown.</summary>
internal sealed class ProgressForwarder(IEvaluationObserver? observer) : IEvaluationObserver
{
    public void OnProgress(EvaluationProgress progress) => observer?.OnProgress(progress);

    public void OnQuery() => observer?.OnQuery();
}
