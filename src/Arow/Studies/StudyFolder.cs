using Arow.Evaluation;
using Arow.IO;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// The folder of a study: <c>runs/</c> with a folder for each run, with a subfolder for each evaluation;
/// <c>claims/</c>, the locks of processes that share the study; and the results:
/// <c>study.md</c>, <c>study.html</c>, <c>study.json</c>, <c>tables/</c>.
/// </summary>
/// <param name="path">The folder; created when work starts.</param>
/// <param name="runs">The folder of its runs, if not <c>runs/</c>.</param>
internal sealed class StudyFolder(string path, string? runs = null)
{
    /// <summary>The maximum bytes of a note on a run.</summary>
    private const int MaximumNoteLength = 1 << 20;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The folder of the runs.</summary>
    public string Runs { get; } = runs ?? System.IO.Path.Combine(path, "runs");

    /// <summary>The tables, as tab-separated values.</summary>
    public string Tables => System.IO.Path.Combine(Path, "tables");

    /// <summary>The study file of the last work.</summary>
    public string StudyFile => System.IO.Path.Combine(Path, "study-file.json");

    /// <summary>The history of stated endpoints.</summary>
    public string EndpointsFile => System.IO.Path.Combine(Path, "endpoints.json");

    /// <summary>The history as it came with packed runs, until the study has its own.</summary>
    public string KnownEndpoints => File.Exists(EndpointsFile) ? EndpointsFile : PackedRuns.EndpointsFor(Runs);

    /// <summary>The file of the results.</summary>
    public string Summary => System.IO.Path.Combine(Path, "study.json");

    /// <summary>The folder of a run.</summary>
    public RunFolder Run(StudyRun run) => new(RunPath(run));

    /// <summary>The folder of an evaluation of a run.</summary>
    public EvaluationFolder Evaluation(StudyRun run, StudyEvaluation evaluation) =>
        new(System.IO.Path.Combine(RunPath(run), $"evaluation-{Grid.Slug(evaluation.Name)}"));

    /// <summary>The selection of a run's training; null if it is not complete.</summary>
    public SelectionRecord? Selected(StudyRun run) => Studies.SelectionRecord.Read(SelectedFile(run));

    /// <summary>Returns why a run's training failed; null if it did not.</summary>
    public string? Failure(StudyRun run) =>
        File.Exists(FailureFile(run)) ? RegularFile.ReadAllText(FailureFile(run), MaximumNoteLength).Trim() : null;

    /// <summary>The folder of the same evaluation on training images: see <see cref="StudyEvaluation.TrainingImages"/>.</summary>
    public EvaluationFolder TrainingEvaluation(StudyRun run, StudyEvaluation evaluation) => new($"{Evaluation(run, evaluation).Path}-training");

    /// <summary>Whether a run has been measured.</summary>
    public bool IsMeasured(StudyRun run, StudyEvaluation evaluation) =>
        File.Exists(Evaluation(run, evaluation).Summary)
            && (evaluation.TrainingImages is null || File.Exists(TrainingEvaluation(run, evaluation).Summary));

    /// <summary>Locks a run; null while another process has the lock.</summary>
    public FolderLock? TryLockRun(StudyRun run) => FolderLock.TryAcquire(System.IO.Path.Combine(Path, "claims", $"{run.Name}.lock"));

    /// <summary>Locks the report.</summary>
    public FolderLock LockReport(CancellationToken stop) => FolderLock.Acquire(System.IO.Path.Combine(Path, "claims", "report.lock"), stop);

    /// <summary>Returns the reasons why a study cannot run here, one a line.</summary>
    /// <param name="study">The study to run, or to read.</param>
    /// <param name="writes">Whether the folder is written; a read-only folder can still be read.</param>
    public IEnumerable<string> Validate(Study study, bool writes = true)
    {
        if ((writes || !Directory.Exists(Path)) && OutputPath.ValidateFolder(Path) is { } fault)
        {
            yield return $"{Path} {fault}";
            yield break;
        }
        if (OutputPath.FindEntries(Path).Any() && !Directory.Exists(Runs))
            yield return $"{Path}: is not empty and contains no study; choose {Wording.Current.AnotherFolder}";
        if (writes && ValidateDropoutMasks(study) is { } mixed) yield return mixed;
        foreach (var run in study.Runs)
        {
            if (Run(run) is { Exists: true } existing && existing.DescribeDifference(run.Options) is { } difference)
                yield return $"{existing.Path}: was started with other settings: {difference}";
            foreach (var evaluation in study.Evaluations)
            {
                var requestFile = RequestFile(run, evaluation);
                if (File.Exists(requestFile) && RegularFile.ReadAllText(requestFile, MaximumNoteLength) is var other
                    && other != evaluation.Serialize(study.Common[run.Cell.Dataset]))
                    yield return $"{System.IO.Path.GetDirectoryName(requestFile)}: was started as {other.Trim()}; another evaluation needs another "
                        + "name";
            }
        }
    }

    /// <summary>
    /// Returns the error if some runs are of a version with independent dropout masks and new runs would share masks;
    /// null otherwise.
    /// </summary>
    private string? ValidateDropoutMasks(Study study)
    {
        var open = study.Runs.Where(r => r.Options is { DropoutMask: null, UsesDropout: true }).ToLookup(r => Run(r).Exists);
        if (!open[false].Any()) return null;
        var older = open[true].Count(r => Run(r).ResolveDropoutMask(r.Options).DropoutMask == DropoutMask.Independent);
        return older == 0 ? null
            : $"{Path}: {older} of its runs were started with dropout-mask independent, the only one of older versions, and new ones would use shared; "
            + $"\"dropout-mask\": \"independent\" in the study's settings continues with it, {Wording.Current.AnotherFolder} starts again";
    }

    /// <summary>Creates the folder and saves the study file and its endpoints in it.</summary>
    /// <param name="file">The study file.</param>
    /// <param name="study">Its content.</param>
    public void Create(string file, Study study)
    {
        Directory.CreateDirectory(Runs);
        foreach (var folder in (string[])[Path, Tables]) TemporaryFiles.RemoveAbandoned(folder);
        AtomicFile.Write(StudyFile, RegularFile.ReadAllText(file, Training.RunFile.MaximumLength));
        if (Endpoints(study) is { Count: > 0 } stated) AtomicFile.Write(EndpointsFile, StatedEndpoints.Write(stated));
    }

    /// <summary>Returns the endpoints that were stated here, from the oldest to the present ones.</summary>
    /// <exception cref="InputException">The file that keeps them is damaged.</exception>
    public IReadOnlyList<StatedEndpoints> Endpoints(Study study)
    {
        // Runs that the study file no longer contains have been seen too.
        string[] begun = Directory.Exists(Runs) ? Directory.GetDirectories(Runs) : [];
        var measured = begun.Count(r => Directory.EnumerateDirectories(r, "evaluation-*").Any(e => File.Exists(new EvaluationFolder(e).Summary)));
        return StatedEndpoints.Add(StatedEndpoints.Read(KnownEndpoints), StatedEndpoints.Create(study, begun.Length, measured));
    }

    internal void WriteSelected(StudyRun run, SelectionRecord selected)
    {
        AtomicFile.Write(SelectedFile(run), selected.ToJson());
        File.Delete(FailureFile(run));
    }

    internal void WriteFailure(StudyRun run, string why) => AtomicFile.Write(FailureFile(run), why.ReplaceLineEndings(" ") + "\n");

    internal void WriteRequest(StudyRun run, StudyEvaluation evaluation, string request)
    {
        Directory.CreateDirectory(Evaluation(run, evaluation).Path);
        AtomicFile.Write(RequestFile(run, evaluation), request);
    }

    private string RunPath(StudyRun run) => System.IO.Path.Combine(Runs, run.Name);

    private string SelectedFile(StudyRun run) => System.IO.Path.Combine(RunPath(run), "selected.json");

    private string FailureFile(StudyRun run) => System.IO.Path.Combine(RunPath(run), "failure.txt");

    private string RequestFile(StudyRun run, StudyEvaluation evaluation) =>
        System.IO.Path.Combine(Evaluation(run, evaluation).Path, "asked.json");
}
