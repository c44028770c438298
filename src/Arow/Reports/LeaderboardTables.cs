using System.Globalization;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Leaderboards as tables: for pages and terminals, for spreadsheets, for papers.</summary>
internal static class LeaderboardTables
{
    /// <summary>Creates the table of a page.</summary>
    /// <param name="board">The leaderboard.</param>
    /// <param name="link">Returns the address of an evaluation's page; null for none.</param>
    public static Table Display(Leaderboard board, Func<EvaluatedModel, string?> link)
    {
        var attacked = board.IsAttacked;
        return new Table(
            ["folder", "rank", "model", "trained with", "clean", "95 % interval", .. attacked ? (string[])["robust", "95 % interval", "balanced"] : [],
                "ECE", .. attacked ? (string[])["minus the first"] : [], "remarks"],
            [
                .. board.Entries.Select(e => (IReadOnlyList<string>)
                [
                    e.Model.Folder, $"{e.Rank}", SubjectNames.Model(e.Model.Summary.Subject), e.Model.Summary.Subject.Objective ?? "unknown",
                    ReportFormat.Percent(e.Model.Summary.CleanAccuracy), FormatInterval(e.Model.Summary.CleanInterval),
                    .. attacked ? (string[])
                    [
                        ReportFormat.Percent(e.Model.Summary.RobustAccuracy), FormatInterval(e.Model.Summary.RobustInterval),
                        e.Model.Summary.BalancedRobustAccuracy is { } balanced ? ReportFormat.Percent(balanced) : "",
                    ] : [],
                    e.Model.Summary.Calibration is { } c ? ReportFormat.Percent(c.Ece) : "",
                    .. attacked ? (string[])[FormatDifference(e)] : [],
                    string.Join(", ", e.Remarks),
                ]),
            ])
        {
            HighestIsBest = attacked ? [4, 6, 8] : [4],
            Links = [.. board.Entries.Select(e => link(e.Model))],
        }.WithoutEmptyColumns();
    }

    /// <summary>Creates the table of a terminal.</summary>
    public static Table Short(Leaderboard board) => new(
        ["rank", "folder", "clean", .. board.IsAttacked ? (string[])["robust", "95 % interval"] : []],
        [
            .. board.Entries.Select(e => (IReadOnlyList<string>)
            [
                $"{e.Rank}", e.Model.Folder, ReportFormat.Percent(e.Model.Summary.CleanAccuracy),
                .. board.IsAttacked
                    ? (string[])[ReportFormat.Percent(e.Model.Summary.RobustAccuracy), FormatInterval(e.Model.Summary.RobustInterval)] : [],
            ]),
        ]);

    /// <summary>Writes all leaderboards as comma-separated values (RFC 4180), numbers in full precision.</summary>
    public static string ToCsv(IEnumerable<Leaderboard> boards)
    {
        string[] head =
        [
            "board", "rank", "folder", "model", "trained_with", "weights_sha256", "images", "clean", "clean_low", "clean_high", "robust", "robust_low",
            "robust_high", "balanced_clean", "balanced_robust", "ece", "minus_first", "minus_first_low", "minus_first_high", "remarks",
        ];
        var rows = boards.SelectMany(board => board.Entries.Select(e =>
        {
            var (s, subject, pair) = (e.Model.Summary, e.Model.Summary.Subject, e.AgainstFirst);
            return (IEnumerable<object?>)
            [
                board.Title, e.Rank, e.Model.Folder, SubjectNames.Model(subject), subject.Objective, subject.WeightsSha256, s.N, s.CleanAccuracy,
                s.CleanInterval[0], s.CleanInterval[1], s.RobustAccuracy, s.RobustInterval[0], s.RobustInterval[1], s.BalancedCleanAccuracy,
                s.BalancedRobustAccuracy, s.Calibration?.Ece, pair?.Difference, pair?.DifferenceInterval.Low, pair?.DifferenceInterval.High,
                string.Join(' ', e.Remarks),
            ];
        }));
        return string.Concat(rows.Prepend(head).Select(row => string.Join(',', row.Select(cell => Quote(StudyTable.Format(cell)))) + "\r\n"));
    }

    /// <summary>Writes a LaTeX table for each leaderboard, for booktabs.</summary>
    public static string ToLatex(IEnumerable<Leaderboard> boards) =>
        $"% Needs \\usepackage{{booktabs}}.\n{Latex.Preamble}\n" + string.Join('\n', boards.Select(board =>
        {
            var attacked = board.IsAttacked;
            var best = TableMarks.FindBest(Short(board) with { HighestIsBest = attacked ? [2, 3] : [2] });
            var rows = board.Entries.Select((e, i) =>
            {
                var s = e.Model.Summary;
                string[] cells =
                [
                    Latex.Escape(e.Model.Folder), Latex.Escape(SubjectNames.Model(s.Subject)), Latex.Escape(s.Subject.Objective ?? "unknown"),
                    Number(s.CleanAccuracy, s.CleanInterval, best.Contains((i, 2))),
                    .. attacked ? (string[])[Number(s.RobustAccuracy, s.RobustInterval, best.Contains((i, 3)))] : [],
                ];
                return $"    {string.Join(" & ", cells)} \\\\\n";
            });
            return $$"""
                \begin{table}
                  \centering
                  \caption{{{Latex.Escape(board.Title)}}. Accuracy in per cent with 95\,\% intervals (Wilson).}
                  \begin{tabular}{lll{{(attacked ? "rr" : "r")}}}
                    \toprule
                    Folder & Model & Trained with & Clean{{(attacked ? " & Robust" : "")}} \\
                    \midrule
                {{string.Concat(rows)}}    \bottomrule
                  \end{tabular}
                \end{table}

                """;
        }));

    private static string Number(double share, double[] interval, bool best)
    {
        var number = (100 * share).ToString("F1", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture,
            $"{(best ? $"\\textbf{{{number}}}" : number)} {{\\scriptsize [{100 * interval[0]:F1}, {100 * interval[1]:F1}]}}");
    }

    private static string Quote(string cell) =>
        !cell.Any(c => c is ',' or '"' or '\r' or '\n') ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string FormatInterval(double[] ends) => ReportFormat.Percent(new Interval(ends[0], ends[1]));

    private static string FormatDifference(LeaderboardEntry e) => e.AgainstFirst is not { } pair ? ""
        : $"{StudyText.FormatPoints(pair.Difference)} ({StudyText.FormatPoints(pair.DifferenceInterval)})";
}
