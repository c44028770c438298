namespace Arow.Studies;

/// <summary>A job of a study: a training or an evaluation.</summary>
/// <param name="Run">The run.</param>
/// <param name="Evaluation">The evaluation; null for the training.</param>
internal sealed record StudyJob(StudyRun Run, StudyEvaluation? Evaluation)
{
    /// <summary>"trades-lambda6-seed0: pgd20".</summary>
    public string Title => $"{Run.Name}: {Evaluation?.Name ?? "training"}";

    /// <summary>
    /// Enumerates all jobs in order: run by run its training and the evaluations of all settings, then the evaluations of
    /// the selected settings alone.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="chosen">Whether a run has a selected setting; null while nothing is selected: its evaluation is then included.</param>
    public static IEnumerable<StudyJob> Enumerate(Study study, Func<StudyRun, bool?> chosen)
    {
        foreach (var run in study.Runs)
        {
            yield return new StudyJob(run, null);
            foreach (var evaluation in study.Evaluations.Where(e => !e.ChosenOnly && e.IncludesSeed(run.Seed))) yield return new StudyJob(run,
                evaluation);
        }
        foreach (var evaluation in study.Evaluations.Where(e => e.ChosenOnly))
        {
            foreach (var run in study.Runs.Where(r => evaluation.IncludesSeed(r.Seed) && chosen(r) != false)) yield return new StudyJob(run,
                evaluation);
        }
    }
}
