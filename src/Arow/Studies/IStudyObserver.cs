using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Follows the work on a study: its trainings, its evaluations, and each piece of the work as a whole.</summary>
internal interface IStudyObserver : ITrainingObserver, IEvaluationObserver
{
    /// <summary>A piece begins.</summary>
    /// <param name="job">Which.</param>
    /// <param name="done">Pieces that are done.</param>
    /// <param name="all">Pieces in all.</param>
    void OnJob(StudyJob job, int done, int all) { }

    /// <summary>A piece is done, while its run is still locked.</summary>
    void OnJobDone(StudyJob job) { }
}
