namespace Arow.Tests.Unit.Reports;

/// <summary>What a study says of the comparisons that it stated, in words and in tables.</summary>
public sealed class StudyEndpointsTests
{
    private const int Images = 1000;

    /// <summary>Mean 8 images, deviation 4 over eight seeds.</summary>
    private static readonly int[] Ahead = [8, 2, 14, 6, 12, 4, 10, 8];

    private static readonly int[] Level = [1, -1, 2, -2, 1, -1, 0, 0];

    private static readonly int[] Wide = [30, -20, 25, -35, 10, 5, -15, 8];

    [Fact]
    public void Each_comparison_has_its_verdict_in_one_sentence()
    {
        var report = Report(Ahead, Level);
        // By hand: 0.8 ± 2.36462 · 0.4/√8; p = 2/2⁸, of two, and 2 · 2/2⁸.
        Assert.Equal(
        [
            "ARoW is ahead of PGD-AT by 0.8 points of robust accuracy under APGD (95 % interval 0.47 to 1.13; 8 seeds, ahead in 8, exact sign-flip "
                + "p = 0.0078, Holm 0.016, TOST p = 0.96 for ±0.5).",
            "ARoW and TRADES-LS are level within 0.5 points of robust accuracy under APGD (difference 0; 95 % interval -0.11 to 0.11; 8 seeds, "
                + "ahead in 3, exact sign-flip p = 1, TOST p < 0.0001, Holm < 0.0001 for ±0.5).",
        ], report.Verdicts);
        var page = report.Report.ToMarkdown();
        Assert.Contains("## The primary endpoint", page);
        Assert.Contains("ARoW helps at the end", page);
        Assert.Contains(MarkdownRenderer.Escape(
            """{"title":"ARoW helps at the end","arm":"ARoW","against":["PGD-AT","TRADES-LS"],"evaluation":"APGD"}"""), page);
        Assert.Contains(MarkdownRenderer.Escape(report.Verdicts[0]), page);
        Assert.Contains("0.88", Made.Page(Report(Ahead, [.. Ahead.Select((d, i) => i == 0 ? -d : d)]).Report).Value);
        Assert.Equal(report.Verdicts[0], report.Json["endpoints"]!["primary"]!["verdicts"]![0]!.GetValue<string>());
        Assert.Contains("primary", report.Tables.Select(t => t.Name));
    }

    [Theory]
    [InlineData(new[] { -8, -2, -14, -6, -12, -4, -10, -8 }, "ARoW is behind PGD-AT by 0.8 points")]
    [InlineData(new[] { 1, 2, 1, 2, 1, 2, 1, 2 },
        "ARoW is ahead of PGD-AT by 0.15 points of robust accuracy under APGD, but by less than the margin of 0.5 (")]
    [InlineData(new[] { 30, -20, 25, -35, 10, 5, -15, 8 }, "Undecided between ARoW and PGD-AT in robust accuracy under APGD (difference 0.1;")]
    public void Every_kind_of_verdict_has_words(int[] differences, string words) => Assert.StartsWith(words, Report(differences, Level).Verdicts[0]);

    [Fact]
    public void What_is_not_measured_yet_counts_in_the_family_and_is_told()
    {
        Assert.Equal(
        [
            "After 5 of 8 seeds: Undecided between ARoW and PGD-AT in robust accuracy under APGD (difference 0.84; 95 % interval 0.25 to 1.43; 5 "
                + "seeds, ahead in 5, exact sign-flip p = 0.062, Holm 0.12, TOST p = 0.91, Holm 1 for ±0.5). With 5 seeds the sign-flip test cannot "
                + "come below p = 0.062.",
            "Undecided between ARoW and TRADES-LS in robust accuracy under APGD: no seed has results of both.",
        ], Report([.. Ahead.Take(5)], []).Verdicts);
        Assert.Contains("With one seed the sign-flip test cannot come below p = 1.", Report([3], []).Verdicts[0]);
    }

    /// <summary>The families are apart: secondary comparisons cost the primary ones nothing.</summary>
    [Fact]
    public void Primary_and_secondary_endpoints_are_families_of_their_own()
    {
        var report = Report(Ahead, Wide, """
            "secondary": [ { "arm": "TRADES-LS", "against": ["ARoW", "PGD-AT"], "margin": 3 }, { "arm": "ARoW", "against": "PGD-AT", "metric": "clean" } ]
            """);
        Assert.Contains("Holm 0.016", report.Verdicts[0]);
        Assert.Equal(5, report.Verdicts.Count);
        Assert.StartsWith("TRADES-LS and ARoW are level within 3 points of robust accuracy under APGD", report.Verdicts[2]);
        Assert.StartsWith("Undecided between ARoW and PGD-AT in clean accuracy (difference 0; 8 seeds, ahead in 0, exact sign-flip p = 1)",
            report.Verdicts[4]);
        var lines = report.Tables.Single(t => t.Name == "secondary").Tsv.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.EndsWith("\tlevel", lines[1]);
    }

    /// <summary>Studies that state nothing have the table all the same.</summary>
    [Fact]
    public void The_reference_is_compared_over_seeds_whether_stated_or_not()
    {
        var report = Report(Ahead, Level, "", stated: false);
        Assert.Empty(report.Verdicts);
        Assert.DoesNotContain("endpoint", report.Report.ToMarkdown());
        var table = report.Tables.Single(t => t.Name == "seeds").Tsv.TrimEnd('\n').Split('\n').Select(l => l.Split('\t')).ToList();
        Assert.Equal(["clean", "clean", "robust", "robust"], table.Skip(1).Select(r => r[2]));
        string Cell(int row, string column) => table[row][Array.IndexOf(table[0], column)];
        Assert.Equal(("0.008", "0.0078125", "0.015625", "ahead"), (Cell(3, "difference"), Cell(3, "p"), Cell(3, "p_holm"), Cell(3, "verdict")));
        Assert.Equal(("1", "level", "0.5", "2"),
            (Cell(3, "probability_ahead"), Cell(4, "verdict"), Cell(4, "probability_ahead"), Cell(4, "seeds_tied")));
        Assert.Contains("1.00 (", report.Report.ToMarkdown());
        Assert.Contains(report.Headlines, h => h.Columns.Contains("p, level ±0.5"));
    }

    private static StudyReport Report(int[] pgdAt, int[] trades, string more = "", bool stated = true)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), $$"""
            {
              "settings": { "dataset": "glyphs" },
              "methods": [ { "name": "ARoW", "objective": "arow" }, { "name": "PGD-AT", "objective": "pgd-at" }, { "name": "TRADES-LS", "objective": "trades-ls" } ],
              "seeds": [0, 1, 2, 3, 4, 5, 6, 7], "evaluations": [ { "name": "APGD", "attacks": ["apgd-ce"] } ],
              {{(stated ? "\"primary\": { \"title\": \"ARoW helps at the end\", \"arm\": \"ARoW\", \"against\": [\"PGD-AT\", \"TRADES-LS\"], \"evaluation\": \"APGD\" }," : "")}}
              {{more}}
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        var behind = new Dictionary<string, int[]> { ["ARoW"] = new int[8], ["PGD-AT"] = pgdAt, ["TRADES-LS"] = trades };
        return StudyReport.Create(new StudyResults(study, [.. study.Runs.Select(run => new RunResult(
            run, new SelectionRecord(1, 1, 0.9, 0.6), null,
            run.Seed >= behind[run.Cell.Method].Length ? new Dictionary<string, Measurement>()
                : new Dictionary<string, Measurement> { ["APGD"] = Measured(500 - behind[run.Cell.Method][run.Seed]) }))])
        {
            Stated = StatedEndpoints.Add([], StatedEndpoints.Create(study, 0, 0)),
        });
    }

    private static Measurement Measured(int robust)
    {
        SampleResult[] rows = [.. Enumerable.Range(0, Images)
            .Select(i => new SampleResult(i, 0, 0, i < robust ? 0 : 1, i < robust ? null : "apgd-ce", 1, 0.03))];
        return new Measurement(Made.Summary(clean: 1, robust: (double)robust / Images, n: Images), rows);
    }
}
