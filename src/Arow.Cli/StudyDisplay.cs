using System.Globalization;
using Arow.Evaluation;
using Arow.Reports;
using Arow.Studies;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Progress of a study on standard error: a line for each job, and below it the progress of that job.</summary>
/// <param name="report">Writes the report of an evaluation, with its examples.</param>
internal sealed class StudyDisplay(Action<StudyJob, PngFigure?> report) : IStudyObserver, IDisposable
{
    private TrainingDisplay? training;
    private EvaluationDisplay? evaluating;
    private PngFigure? examples;

    public void OnJob(StudyJob job, int done, int all)
    {
        End();
        examples = null;
        Messages.Note(string.Create(CultureInfo.InvariantCulture, $"[{done + 1}/{all}] {job.Title}"));
        if (job.Evaluation is null) training = new TrainingDisplay();
        else evaluating = new EvaluationDisplay();
    }

    public void OnStep(TrainingProgress progress) => training?.OnStep(progress);

    public void OnEpoch(EpochRecord epoch) => training?.OnEpoch(epoch);

    public void OnProgress(EvaluationProgress progress) => evaluating?.OnProgress(progress);

    public void OnQuery() => evaluating?.OnQuery();

    public void OnEvaluated(EvaluationArtifacts examined) => examples = ExampleFigure.Draw(examined);

    public void OnJobDone(StudyJob job)
    {
        if (job.Evaluation is null) return;
        End();
        report(job, examples);
    }

    public void OnWarning(string text) => Messages.Warn(text);

    public void End()
    {
        training?.Dispose();
        evaluating?.Finish();
        (training, evaluating) = (null, null);
    }

    public void Dispose() => End();
}
