using Arow.Evaluation;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Observes a study: its trainings, its evaluations, and its jobs.</summary>
internal interface IStudyObserver : ITrainingObserver, IEvaluationObserver
{
    /// <summary>Called at the start of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="done">Finished jobs.</param>
    /// <param name="all">All jobs.</param>
    void OnJob(StudyJob job, int done, int all) { }

    /// <summary>Called at the end of a job, while its run is still locked.</summary>
    void OnJobDone(StudyJob job) { }
}
