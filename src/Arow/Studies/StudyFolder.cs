using Arow.Evaluation;
using Arow.IO;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// The folder of a study: <c>runs/</c> with a run folder for each, in which every evaluation has a folder of its own;
/// <c>claims/</c>, by which processes that share the study keep out of each other's way; and what it comes to:
/// <c>study.md</c>, <c>study.html</c>, <c>study.json</c>, <c>tables/</c>.
/// </summary>
/// <param name="path">The folder; made when work begins.</param>
/// <param name="runs">Where its runs are, if not in <c>runs/</c>.</param>
internal sealed class StudyFolder(string path, string? runs = null)
{
    /// <summary>Bytes that a note on a run has at most.</summary>
    private const int MaximumNoteLength = 1 << 20;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The runs, a folder each.</summary>
    public string Runs { get; } = runs ?? System.IO.Path.Combine(path, "runs");

    /// <summary>The tables, as tab-separated values.</summary>
    public string Tables => System.IO.Path.Combine(Path, "tables");

    /// <summary>The study file as it was when last worked on.</summary>
    public string StudyFile => System.IO.Path.Combine(Path, "study-file.json");

    /// <summary>Which endpoints were stated when.</summary>
    public string EndpointsFile => System.IO.Path.Combine(Path, "endpoints.json");

    /// <summary>The numbers.</summary>
    public string Summary => System.IO.Path.Combine(Path, "study.json");

    /// <summary>The folder of a run.</summary>
    public RunFolder Run(StudyRun run) => new(RunPath(run));

    /// <summary>The folder of an evaluation of a run.</summary>
    public EvaluationFolder Evaluation(StudyRun run, StudyEvaluation evaluation) =>
        new(System.IO.Path.Combine(RunPath(run), $"evaluation-{Grid.Slug(evaluation.Name)}"));

    /// <summary>What was selected in a run's training; null if that has not ended.</summary>
    public SelectionRecord? Selected(StudyRun run) => Studies.SelectionRecord.Read(SelectedFile(run));

    /// <summary>Why a run could not be trained to its end; null if nothing is in the way.</summary>
    public string? Failure(StudyRun run) =>
        File.Exists(FailureFile(run)) ? RegularFile.ReadAllText(FailureFile(run), MaximumNoteLength).Trim() : null;

    /// <summary>The folder of the same evaluation on training images: see <see cref="StudyEvaluation.TrainingImages"/>.</summary>
    public EvaluationFolder TrainingEvaluation(StudyRun run, StudyEvaluation evaluation) => new($"{Evaluation(run, evaluation).Path}-training");

    /// <summary>Whether a run has been measured.</summary>
    public bool IsMeasured(StudyRun run, StudyEvaluation evaluation) =>
        File.Exists(Evaluation(run, evaluation).Summary)
            && (evaluation.TrainingImages is null || File.Exists(TrainingEvaluation(run, evaluation).Summary));

    /// <summary>The right to work on a run; null while another process has it.</summary>
    public FolderLock? TryLockRun(StudyRun run) => FolderLock.TryAcquire(System.IO.Path.Combine(Path, "claims", $"{run.Name}.lock"));

    /// <summary>The right to write the report.</summary>
    public FolderLock LockReport(CancellationToken stop) => FolderLock.Acquire(System.IO.Path.Combine(Path, "claims", "report.lock"), stop);

    /// <summary>Everything that keeps a study from going on here, a line each.</summary>
    /// <param name="study">What is to be done, or looked at.</param>
    /// <param name="writes">Whether the folder is to be written: who only looks may do so where nothing can be written.</param>
    public IEnumerable<string> Validate(Study study, bool writes = true)
    {
        if ((writes || !Directory.Exists(Path)) && OutputPath.ValidateFolder(Path) is { } fault)
        {
            yield return $"{Path} {fault}";
            yield break;
        }
        if (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any() && !Directory.Exists(Runs))
            yield return $"{Path}: is not empty and holds no study; choose another --output";
        if (writes && ValidateDropoutMasks(study) is { } mixed) yield return mixed;
        foreach (var run in study.Runs)
        {
            if (Run(run) is { Exists: true } existing && existing.DescribeDifference(run.Options) is { } difference)
                yield return $"{existing.Path}: was begun with other settings: {difference}";
            foreach (var evaluation in study.Evaluations)
            {
                var requestFile = RequestFile(run, evaluation);
                if (File.Exists(requestFile) && RegularFile.ReadAllText(requestFile, MaximumNoteLength) is var other
                    && other != evaluation.Serialize(study.Common[run.Cell.Dataset]))
                    yield return $"{System.IO.Path.GetDirectoryName(requestFile)}: was begun as {other.Trim()}; another evaluation needs another "
                        + $"name";
            }
        }
    }

    /// <summary>
    /// What to say where some runs are of the time when dropout left out other units in each pass of a batch and new ones would not be;
    /// null where that is not so.
    /// </summary>
    private string? ValidateDropoutMasks(Study study)
    {
        var open = study.Runs.Where(r => r.Options is { DropoutMask: null, UsesDropout: true }).ToLookup(r => Run(r).Exists);
        if (!open[false].Any()) return null;
        var older = open[true].Count(r => Run(r).ResolveDropoutMask(r.Options).DropoutMask == DropoutMask.Independent);
        return older == 0 ? null
            : $"{Path}: {older} of its runs were begun with dropout-mask independent, which was the only one then, and new ones would take shared; "
            + "\"dropout-mask\": \"independent\" in the study's settings goes on as it was begun, another --output begins anew";
    }

    /// <summary>Makes the folder and keeps the study file in it, and which endpoints it states.</summary>
    /// <param name="file">The study file.</param>
    /// <param name="study">What it says.</param>
    public void Create(string file, Study study)
    {
        Directory.CreateDirectory(Runs);
        foreach (var folder in (string[])[Path, Tables]) TemporaryFiles.RemoveAbandoned(folder);
        AtomicFile.Write(StudyFile, RegularFile.ReadAllText(file, Training.RunFile.MaximumLength));
        if (Endpoints(study) is { Count: > 0 } stated) AtomicFile.Write(EndpointsFile, StatedEndpoints.Write(stated));
    }

    /// <summary>The endpoints that were stated here, from the oldest to what the study states now.</summary>
    /// <exception cref="InputException">The file that keeps them is damaged.</exception>
    public IReadOnlyList<StatedEndpoints> Endpoints(Study study)
    {
        // Runs that the study file no longer names have been seen all the same.
        string[] begun = Directory.Exists(Runs) ? Directory.GetDirectories(Runs) : [];
        var measured = begun.Count(r => Directory.EnumerateDirectories(r, "evaluation-*").Any(e => File.Exists(new EvaluationFolder(e).Summary)));
        return StatedEndpoints.Add(StatedEndpoints.Read(EndpointsFile), StatedEndpoints.Create(study, begun.Length, measured));
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
