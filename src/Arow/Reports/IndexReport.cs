using Arow.IO;

namespace Arow.Reports;

/// <summary>Report on a folder of runs and evaluations: an index, and a leaderboard for models that were evaluated alike.</summary>
internal sealed class IndexReport
{
    private const int MostBars = 25;

    private readonly FolderSurvey survey;
    private readonly string output;

    /// <param name="survey">What the folder contains.</param>
    /// <param name="output">The folder of the report, from which links start.</param>
    public IndexReport(FolderSurvey survey, string output)
    {
        (this.survey, this.output) = (survey, output);
        Boards = Leaderboard.CreateAll(survey.Evaluations);
    }

    /// <summary>The leaderboards.</summary>
    public IReadOnlyList<Leaderboard> Boards { get; }

    /// <summary>Writes <c>index.html</c>, <c>index.md</c> and its figures, <c>leaderboard.csv</c> and <c>leaderboard.tex</c>.</summary>
    public void Write()
    {
        Create().Write(output, "index");
        AtomicFile.Write(Path.Combine(output, "leaderboard.csv"), LeaderboardTables.ToCsv(Boards));
        AtomicFile.Write(Path.Combine(output, "leaderboard.tex"), LeaderboardTables.ToLatex(Boards));
    }

    /// <summary>Creates the report.</summary>
    public Report Create() => new($"Runs and evaluations in {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(survey.Root)))}",
    [
        new Paragraph(
            $"Runs: {ReportFormat.Count(survey.Runs.Count)}; evaluations: {ReportFormat.Count(survey.Evaluations.Count)}. Models share a leaderboard only if they were evaluated on the same images under the same perturbations and attacks. "
            + "Intervals are Wilson's: they would cover the true value in 95 of 100 repetitions with other images, not with other seeds of training. "
            + "The column \"minus the first\" is the difference of robust accuracy from the first model on the same images, in points: where "
            + "its interval contains 0, chance may explain the order. The highest values are marked."),
        .. Boards.SelectMany((board, i) => Blocks(board, i)),
        .. Runs(),
        .. Pages(),
        .. PassedOver(),
    ]);

    private IEnumerable<IBlock> Blocks(Leaderboard board, int number)
    {
        yield return new Heading(board.Title);
        yield return LeaderboardTables.Display(board, m => Link(Path.Combine(m.Folder, "report.html")));
        if (board.Entries.Count is 1 or > MostBars) yield break;
        yield return new SvgFigure($"board-{number + 1}", "Accuracy with 95 % intervals.", BarChart.RenderSvg(
            board.Title, board.IsAttacked ? ["clean", "robust"] : ["clean"],
            [
                .. board.Entries.Select(e => e.Model).Select(m => new BarGroup(m.Folder,
                [
                    ReportFormat.WithInterval(m.Summary.CleanAccuracy, m.Summary.N),
                    .. board.IsAttacked ? (ShareEstimate[])[ReportFormat.WithInterval(m.Summary.RobustAccuracy, m.Summary.N)] : [],
                ])),
            ]));
    }

    private IEnumerable<IBlock> Runs()
    {
        if (survey.Runs.Count == 0) yield break;
        var evaluated = survey.Evaluations.Select(e => Path.GetDirectoryName(e.Folder)).ToHashSet();
        yield return new Heading("Runs");
        yield return new Table(["folder", "model", "trained with", "data", "seed", "epochs", "evaluated"],
            [.. survey.Runs.Select(r => (IReadOnlyList<string>)[r.Folder, r.Options.Model, r.Options.Objective, r.Options.Dataset ?? "", $"{r.Options.Seed}",
                $"{r.Epochs} of {r.Options.Epochs}", evaluated.Contains(r.Folder == "." ? "" : r.Folder) ? "yes" : "no"])], Numbers: false)
        {
            Links = [.. survey.Runs.Select(r => Link(Path.Combine(r.Folder, "report.html")))],
        };
    }

    private IEnumerable<IBlock> Pages()
    {
        if (survey.Pages.Count == 0) yield break;
        yield return new Heading("Analyses, comparisons and studies");
        yield return new Table(["page"], [.. survey.Pages.Select(p => (IReadOnlyList<string>)[p])], Numbers: false)
        {
            Links = [.. survey.Pages.Select(Link)],
        };
    }

    private IEnumerable<IBlock> PassedOver()
    {
        if (survey.PassedOver.Count == 0) yield break;
        yield return new Heading("Passed over");
        yield return new Table(["folder and reason"], [.. survey.PassedOver.Select(p => (IReadOnlyList<string>)[p])], Numbers: false);
    }

    /// <summary>Returns the address of a page from the report; null if there is none.</summary>
    private string? Link(string page)
    {
        var full = Path.GetFullPath(Path.Combine(survey.Root, page));
        return !File.Exists(full) ? null
            : string.Join('/', Path.GetRelativePath(Path.GetFullPath(output), full).Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString));
    }
}
