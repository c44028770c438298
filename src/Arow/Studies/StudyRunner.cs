using Arow.Data;
using Arow.Evaluation;
using Arow.Runtime;
using Arow.Training;

namespace Arow.Studies;

/// <summary>The outcome of the work on a study.</summary>
/// <param name="Failed">Runs whose training failed, and why.</param>
internal sealed record StudyOutcome(IReadOnlyList<(StudyRun Run, string Why)> Failed);

/// <summary>
/// Does the remaining jobs of a study. Any number of processes may share its folder: each works on a run that
/// it has locked, and finally waits for the others, whose runs it takes over if they die.
/// </summary>
/// <param name="study">The study.</param>
/// <param name="folder">Its folder.</param>
internal sealed class StudyRunner(Study study, StudyFolder folder)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> failed = [];
    private readonly Dictionary<(string Dataset, string Evaluation), ImageSet> images = [];

    /// <summary>Observes the work and receives warnings; null for none.</summary>
    public IStudyObserver? Observer { get; init; }

    /// <summary>Works until the study is complete.</summary>
    /// <exception cref="OperationCanceledException">A stop was requested; started work is kept and resumed next time.</exception>
    public StudyOutcome Run(CancellationToken stop = default)
    {
        try
        {
            return RunPending(stop);
        }
        finally
        {
            foreach (var set in images.Values) set.Dispose();
            images.Clear();
        }
    }

    private StudyOutcome RunPending(CancellationToken stop)
    {
        var waiting = false;
        while (Pending() is { Count: > 0 } pending)
        {
            stop.ThrowIfCancellationRequested();
            if (pending.Any(job => TryRunJob(job, stop)))
            {
                waiting = false;
                continue;
            }
            if (!waiting) Observer?.OnWarning($"waiting for {DescribeRuns(pending)}, which other processes work on");
            waiting = true;
            stop.WaitHandle.WaitOne(PollInterval);
        }
        return new StudyOutcome([.. study.Runs.Where(r => failed.ContainsKey(r.Name)).Select(r => (r, failed[r.Name]))]);
    }

    /// <summary>The jobs that can be done now, in order.</summary>
    public IReadOnlyList<StudyJob> Pending() => [.. EnumerateJobs().Where(t => !failed.ContainsKey(t.Run.Name) && !IsDone(t))];

    /// <summary>Counts the known jobs, and those that are done.</summary>
    public (int Done, int All) Count()
    {
        var all = EnumerateJobs().ToList();
        return (all.Count(IsDone), all.Count);
    }

    private IEnumerable<StudyJob> EnumerateJobs()
    {
        var choices = new Dictionary<(string, string), ChosenSetting?>();
        return StudyJob.Enumerate(study, run =>
        {
            var key = (run.Cell.Dataset, run.Cell.Method);
            if (!choices.TryGetValue(key, out var choice)) choices[key] = choice = TryChoose(run.Cell);
            return choice is null ? null : choice.Cell == run.Cell;
        });
    }

    /// <summary>Returns the selection; null while a run of the method is not trained yet: a selection is final.</summary>
    private ChosenSetting? TryChoose(StudyCell cell)
    {
        var runs = study.Runs.Where(r => r.Cell.Dataset == cell.Dataset && r.Cell.Method == cell.Method).ToList();
        return runs.All(r => folder.Selected(r) is not null || HasFailed(r)) ? ChosenSetting.Choose(runs, folder.Selected, HasFailed) : null;
    }

    private bool HasFailed(StudyRun run) => failed.ContainsKey(run.Name) || folder.Failure(run) is not null;

    private bool IsDone(StudyJob job) => job.Evaluation is { } evaluation
        ? folder.IsMeasured(job.Run, evaluation)
        : folder.Selected(job.Run) is not null;

    /// <summary>Runs a job; false if it was not available.</summary>
    private bool TryRunJob(StudyJob job, CancellationToken stop)
    {
        // A run that is not trained, or not selected yet, cannot be evaluated.
        if (job.Evaluation is { } requested
            && (folder.Selected(job.Run) is null || (requested.ChosenOnly && TryChoose(job.Run.Cell)?.Cell != job.Run.Cell)))
            return false;
        using var runLock = folder.TryLockRun(job.Run);
        if (runLock is null) return false;
        if (IsDone(job)) return true;

        var (done, all) = Count();
        Observer?.OnJob(job, done, all);
        if (job.Evaluation is { } evaluation) Evaluate(job.Run, evaluation, stop);
        else Train(job.Run, stop);
        MallocTuning.Trim();
        if (!failed.ContainsKey(job.Run.Name)) Observer?.OnJobDone(job);
        return true;
    }

    private void Train(StudyRun run, CancellationToken stop)
    {
        try
        {
            var runFolder = folder.Run(run);
            using var training = new TrainingRun(run.Options, runFolder, resume: true, evaluates: false) { Observer = Observer };
            var result = training.Run(stop);
            if (result.Interrupted) throw new OperationCanceledException(stop);
            var best = runFolder.ReadLog().LastOrDefault(e => e.Selected);
            folder.WriteSelected(run, new SelectionRecord(result.Epochs, result.BestEpoch, best?.SelectionClean, best?.SelectionRobust)
            {
                WeightsSha256 = ((KeptWeights?[])[null, .. run.Options.Keep]).Select(runFolder.WeightsFor)
                    .ToDictionary(path => Path.GetFileName(path), EvaluationRun.HashFile),
            });
        }
        catch (DivergedException fault)
        {
            // Other runs may still succeed; this one is tried again with the next start of the study.
            failed[run.Name] = fault.Message;
            folder.WriteFailure(run, fault.Message);
            Observer?.OnWarning($"{run.Name}: {fault.Message}");
        }
    }

    /// <summary>
    /// Ensures that the weights are those of the training. If they are not, the run is resumed at its end, which restores them from its checkpoints
    /// or reports the loss.
    /// </summary>
    private void EnsureWeights(StudyRun run, KeptWeights? kept, CancellationToken stop)
    {
        var weights = folder.Run(run).WeightsFor(kept);
        if (folder.Selected(run)?.WeightsSha256?.GetValueOrDefault(Path.GetFileName(weights)) is not { } sha256 || IsIntact()) return;
        if (folder.Run(run).Checkpoints.Any) Train(run, stop);
        if (!IsIntact())
            throw new InputException(
                $"{weights}: differs from the run's training, recorded in selected.json of {folder.Run(run).Path}; restore it, or move the folder "
                    + "away to train the run again");

        bool IsIntact() => File.Exists(weights) && EvaluationRun.HashFile(weights) == sha256;
    }

    private void Evaluate(StudyRun run, StudyEvaluation evaluation, CancellationToken stop)
    {
        var common = study.Common[run.Cell.Dataset];
        EnsureWeights(run, evaluation.Weights, stop);
        folder.WriteRequest(run, evaluation, evaluation.Serialize(common));
        if (run.Options.Threads is { } threads) set_num_threads(threads);
        // All runs use the same images: they are read once.
        if (!images.TryGetValue((run.Cell.Dataset, evaluation.Name), out var test))
        {
            images[(run.Cell.Dataset, evaluation.Name)] = test = TrainingRun.LoadTest(
                common with { LimitTest = evaluation.Images, Seed = evaluation.Options.Seed }, TrainingRun.FindDevice(common.Device));
        }
        var measure = new EvaluationRun(folder.Run(run).WeightsFor(evaluation.Weights),
            evaluation.Options with { Threat = evaluation.Threat(common) })
        {
            // The request is the same: an incomplete evaluation of another version of Arow is restarted.
            Resume = true, RestartIfUnusable = true, Observer = Observer,
        };
        if (evaluation.TrainingImages is { } count)
        {
            using var training = TrainingRun.LoadTraining(run.Options, TrainingRun.FindDevice(common.Device));
            using var sample = training.Limit(Math.Min(count, training.Count), run.Seed);
            (measure with { Observer = new ProgressForwarder(Observer) }).Execute(sample, folder.TrainingEvaluation(run, evaluation), stop);
        }
        measure.Execute(test, folder.Evaluation(run, evaluation), stop);
    }

    private static string DescribeRuns(IReadOnlyList<StudyJob> pending)
    {
        const int Most = 3;
        var names = pending.Select(t => t.Run.Name).Distinct().ToList();
        return names.Count > Most ? $"{names.Count} runs" : string.Join(", ", names);
    }
}
