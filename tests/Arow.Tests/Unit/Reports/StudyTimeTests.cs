using System.Xml.Linq;

namespace Arow.Tests.Unit.Reports;

public sealed class StudyTimeTests
{
    [Fact]
    public void Settings_stand_by_method_and_time_and_the_diagram_connects_them()
    {
        var results = Results(run => run.Cell.Setting == "epochs 1" ? 40 + run.Seed * 2 : 10);
        var times = StudyTime.CreateAll(results, "glyphs");
        // Ascending, whatever the order of the file.
        Assert.Equal([("PGD-AT", "epochs 5", 10.0), ("PGD-AT", "epochs 1", 41.0), ("ARoW", "", 10.0)],
            times.Select(t => (t.Cell.Method, t.Cell.Setting, t.Seconds.Mean)));
        Assert.Equal(["PGD-AT", "epochs 1", "41", $"{Math.Sqrt(2):R}", "1", "0", "0.75", "0"],
            StudyTime.CreateTable(times, "").Tsv.Split('\n')[2].Split('\t'));
        var report = StudyReport.Create(results).Report;
        var svg = XElement.Parse(Assert.Single(report.Blocks.OfType<SvgFigure>(), f => f.Name == "time").Svg);
        Assert.Contains(svg.Descendants(), e => e.Value == "PGD-AT, epochs 1: 41 ± 1 s, robust 75.0 ± 0.0");
        Assert.Contains("| PGD-AT | epochs 1 | 41 ± 1 |", report.ToMarkdown());
    }

    [Fact]
    public void Logs_of_older_versions_have_none()
    {
        var results = Results(_ => null);
        Assert.Empty(StudyTime.CreateAll(results, "glyphs"));
        Assert.DoesNotContain("processor time", StudyReport.Create(results).Report.ToMarkdown());
    }

    private static readonly SampleResult[] Rows =
        [.. Enumerable.Range(0, 4).Select(i => new SampleResult(i, 0, 0, i < 3 ? 0 : 1, i < 3 ? null : "pgd20", 1, 0.03))];

    private static StudyResults Results(Func<StudyRun, double?> seconds)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "title": "t", "settings": { "dataset": "glyphs" },
              "methods": [ { "name": "PGD-AT", "objective": "pgd-at", "epochs": [1, 5] }, { "name": "ARoW", "objective": "arow" } ],
              "seeds": [0, 1], "evaluations": [ { "name": "PGD", "attacks": ["pgd20"] } ]
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        return new StudyResults(study,
        [
            .. study.Runs.Select(run => new RunResult(run, new SelectionRecord(5, 4, 0.9, 0.5), null,
                new Dictionary<string, Measurement> { ["PGD"] = new(Made.Summary(clean: 1, robust: 0.75, n: 4), Rows) })
            {
                ProcessorSeconds = seconds(run),
            }),
        ]);
    }
}
