using Arow.Analysis;
using Arow.Evaluation;
using Arow.IO;
using Arow.Studies;
using Arow.Training;

namespace Arow.Reports;

/// <summary>An evaluation in a folder.</summary>
/// <param name="Folder">Its folder, relative to the surveyed one.</param>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
internal sealed record EvaluatedModel(string Folder, EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows);

/// <summary>A training run in a folder.</summary>
/// <param name="Folder">Its folder, relative to the surveyed one.</param>
/// <param name="Options">Its options.</param>
/// <param name="Epochs">The number of its finished epochs.</param>
internal sealed record TrainedModel(string Folder, TrainingOptions Options, int Epochs);

/// <summary>What a folder and the folders in it contain; what cannot be read is named with the reason.</summary>
/// <param name="Root">The folder.</param>
/// <param name="Evaluations">All evaluations.</param>
/// <param name="Runs">All training runs.</param>
/// <param name="Pages">Pages of analyses, comparisons and studies, relative to the folder.</param>
/// <param name="PassedOver">A line for each thing that was passed over.</param>
internal sealed record FolderSurvey(
    string Root, IReadOnlyList<EvaluatedModel> Evaluations, IReadOnlyList<TrainedModel> Runs, IReadOnlyList<string> Pages,
    IReadOnlyList<string> PassedOver)
{
    /// <summary>Reads a folder; links to folders are not followed.</summary>
    public static FolderSurvey Read(string root)
    {
        var (evaluations, runs, pages, passedOver) =
            (new List<EvaluatedModel>(), new List<TrainedModel>(), new List<string>(), new List<string>());
        var pending = new Stack<string>([root]);
        while (pending.TryPop(out var folder))
        {
            var relative = Path.GetRelativePath(root, folder);
            Try(folder, () =>
            {
                foreach (var inner in Directory.EnumerateDirectories(folder).OrderDescending(StringComparer.Ordinal))
                {
                    if (!File.GetAttributes(inner).HasFlag(FileAttributes.ReparsePoint)) pending.Push(inner);
                    else passedOver.Add($"{inner}: is a link to a folder");
                }
            });
            var evaluation = new EvaluationFolder(folder);
            if (evaluation.IsUnfinished) passedOver.Add($"{folder}: the evaluation is incomplete; it can be resumed");
            else if (File.Exists(evaluation.Summary)) Try(folder, () => evaluations.Add(ReadEvaluation(evaluation, relative)));
            var run = new RunFolder(folder);
            if (run.Exists) Try(folder, () => runs.Add(new TrainedModel(relative, RunFile.Read(run.RunFile, []), run.ReadLog().Count)));
            if (File.Exists(new AnalysisFolder(folder).Summary)) pages.Add(Path.Combine(relative, "report.html"));
            else if (!run.Exists && !evaluation.IsUnfinished && !File.Exists(evaluation.Summary)) Try(folder, () => AddComparison(folder, relative));
            if (File.Exists(new StudyFolder(folder).Summary)) pages.Add(Path.Combine(relative, "study.html"));
        }
        return new FolderSurvey(root, evaluations, runs, [.. pages.Where(page => File.Exists(Path.Combine(root, page)))], passedOver);

        // Comparisons have a page and no file of their own.
        void AddComparison(string folder, string relative)
        {
            var page = Path.Combine(folder, "report.html");
            if (File.Exists(page) && !HtmlRenderer.IsForeign(page)) pages.Add(Path.Combine(relative, "report.html"));
        }

        void Try(string folder, Action read)
        {
            try
            {
                read();
            }
            catch (InputException e)
            {
                passedOver.Add(e.Message.Contains(folder, StringComparison.Ordinal) ? e.Message : $"{folder}: {e.Message}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                passedOver.Add($"{folder}: {FileError.Describe(e)}");
            }
        }
    }

    private static EvaluatedModel ReadEvaluation(EvaluationFolder folder, string relative)
    {
        var (summary, rows) = folder.Read();
        return new EvaluatedModel(relative, summary, rows);
    }
}
