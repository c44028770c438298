using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Follows the work on a study: its trainings, its evaluations, and each piece of the work as a whole.</summary>
public interface IStudyObserver : ITrainingObserver, IEvaluationObserver
{
    /// <summary>A piece begins.</summary>
    /// <param name="task">Which.</param>
    /// <param name="done">Pieces that are done.</param>
    /// <param name="all">Pieces in all.</param>
    void OnTask(StudyTask task, int done, int all) { }

    /// <summary>A piece is done, while its run is still locked.</summary>
    void OnTaskDone(StudyTask task) { }
}
