namespace Arow.Studies;

/// <summary>A piece of a study's work.</summary>
/// <param name="Run">Which run.</param>
/// <param name="Evaluation">How it is measured; null for its training.</param>
internal sealed record StudyJob(StudyRun Run, StudyEvaluation? Evaluation)
{
    /// <summary>"trades-lambda6-seed0: pgd20".</summary>
    public string Title => $"{Run.Name}: {Evaluation?.Name ?? "training"}";

    /// <summary>
    /// All pieces in the order of the work: run by run its training and what measures all settings, then what measures
    /// the chosen ones alone.
    /// </summary>
    /// <param name="study">The study.</param>
    /// <param name="chosen">Whether a run is of a chosen setting; null while nothing is chosen: its evaluation is then among them.</param>
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
