using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Follows the work on a study: its trainings, its evaluations, and each piece of the work as a whole.</summary>
public interface IStudyObserver : ITrainingObserver
{
    /// <summary>A piece begins.</summary>
    /// <param name="task">Which.</param>
    /// <param name="done">Pieces that are done.</param>
    /// <param name="all">Pieces in all.</param>
    void OnTask(StudyTask task, int done, int all) { }

    /// <summary>An attack begins, or a batch of an evaluation is done.</summary>
    void OnProgress(EvaluationProgress progress) { }

    /// <summary>An attack has queried a classifier.</summary>
    void OnQuery() { }

    /// <summary>An evaluation is done; its classifier is still there.</summary>
    void OnEvaluated(Examined examined) { }

    /// <summary>A piece is done, while its run is still locked.</summary>
    void OnTaskDone(StudyTask task) { }
}
