namespace Arow.Evaluation;

/// <summary>
/// Observes an evaluation. Methods are called on the evaluating thread; by default they do nothing.
/// </summary>
public interface IEvaluationObserver
{
    /// <summary>Called at the start of an attack, and after each batch.</summary>
    void OnProgress(EvaluationProgress progress) { }

    /// <summary>Called when an attack calls the classifier.</summary>
    void OnQuery() { }

    /// <summary>Called at the start if other processes are evaluating in the same folder, which this process joins.</summary>
    void OnJoined() { }

    /// <summary>
    /// Called when this process has written the results, before the classifier is disposed: to draw adversarial images, for example.
    /// </summary>
    void OnEvaluated(EvaluationArtifacts examined) { }
}

/// <summary>Forwards only the progress of an evaluation, without its results.</summary>
internal sealed class ProgressForwarder(IEvaluationObserver? observer) : IEvaluationObserver
{
    public void OnProgress(EvaluationProgress progress) => observer?.OnProgress(progress);

    public void OnQuery() => observer?.OnQuery();

    public void OnJoined() => observer?.OnJoined();
}
