using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;

namespace Arow.Tests.Unit.Reports;

public sealed class StudyReportTests
{
    private const int Images = 8;

    /// <summary>Robust images of each run, of eight; all are right as they are but the last of TRADES.</summary>
    private static readonly Dictionary<string, (string Robust, double Validation)> Found = new()
    {
        ["trades-lambda1-seed0"] = ("11000000", 0.5), ["trades-lambda1-seed1"] = ("11100000", 0.5),
        ["trades-lambda6-seed0"] = ("11110000", 0.6), ["trades-lambda6-seed1"] = ("11000000", 0.6),
        ["trades-ls-seed0"] = ("11111000", 0.6), ["trades-ls-seed1"] = ("11110000", 0.6),
        ["a-b-seed0"] = ("11111100", 0.7), ["a-b-seed1"] = ("11111000", 0.7),
        ["a-ce-seed0"] = ("11111000", 0.7), ["a-ce-seed1"] = ("11100000", 0.7),
    };

    [Fact]
    public void Means_deviations_choices_and_tests_are_those_of_the_rows()
    {
        var report = StudyReport.Create(Results(Found.Keys));
        var methods = Table(report, "methods");
        Assert.Equal(["lambda 6", "", "", ""], methods.Select(m => m["setting"]));
        // 4 and 2 of 8: mean 3/8, deviation √2/8.
        Assert.Equal(0.375, Number(methods[0]["robust_pgd"]));
        Assert.Equal(Math.Sqrt(2) / 8, Number(methods[0]["robust_pgd_deviation"]), 1e-12);
        Assert.Equal(0.875, Number(methods[0]["clean"]));
        Assert.Contains("37.5 ± 17.7", report.Report.ToMarkdown());

        var pairs = Table(report, "pairs-pgd");
        Assert.Equal(["TRADES", "TRADES-LS", "a ce"], pairs.Select(p => p["other"]));
        // TRADES at λ 6: two images more in seed 0, three in seed 1, one of them in common: d = 0 0 1 1 2 1 0 0.
        Assert.Equal(5.0 / 16, Number(pairs[0]["robust_difference"]));
        Assert.Equal(2.0 / 16, Number(pairs[0]["p"]));
        Assert.Equal(6.0 / 16, Number(pairs[0]["p_holm"]));
        // McNemar's term by term, in logarithms.
        Assert.All(pairs[0]["mcnemar_p_by_seed"].Split(' ').Zip((double[])[0.5, 0.25]), p => Assert.Equal(p.Second, Number(p.First), 1e-12));
        Assert.Equal("2 3", pairs[0]["only_reference_by_seed"]);

        var settings = Table(report, "settings");
        Assert.Equal(["no", "yes", "yes", "yes", "yes"], settings.Select(s => s["chosen"]));

        // TRADES and TRADES-LS at the same λ differ in smoothing alone, and so do the other two.
        var smoothing = Table(report, "label-smoothing");
        Assert.Equal([("TRADES, lambda 6", "TRADES-LS"), ("a ce", "<a> & \"b\"")], smoothing.Select(s => (s["from"], s["to"])));
        Assert.Equal([3.0 / 16, 3.0 / 16], smoothing.Select(s => Number(s["robust_difference"])));

        var together = Assert.Single(Table(report, "together"));
        Assert.Equal(("TRADES", "<a> & \"b\""), (together["neither"], together["both"]));
        // 5 less 3 less 2: nothing beyond the sum.
        Assert.Equal(0, Number(together["beyond_sum"]));

        var equal = Table(report, "equal-clean");
        Assert.Equal("", equal.Single(e => e["other"] == "TRADES")["robust_halfway"]);
        Assert.Contains("no comparison: 100.0 % against 87.5 %", report.Report.ToMarkdown());
    }

    [Fact]
    public void A_partial_study_is_told_as_far_as_it_has_come()
    {
        var nothing = StudyReport.Create(Results([]));
        Assert.Contains("PARTIAL: 0 of", nothing.Report.ToMarkdown());
        Assert.False(nothing.Json["complete"]!.GetValue<bool>());
        Made.Page(nothing.Report);
        for (var n = 1; n < Found.Count; n++)
        {
            var some = StudyReport.Create(Results(Found.Keys.Take(n)));
            Assert.Contains("PARTIAL", some.Report.ToMarkdown());
            Made.Page(some.Report);
        }
        var all = StudyReport.Create(Results(Found.Keys));
        Assert.DoesNotContain("PARTIAL", all.Report.ToMarkdown());
        Assert.True(all.Json["complete"]!.GetValue<bool>());
        Assert.Contains("UNEQUAL TUNING: one setting of TRADES-LS", all.Report.ToMarkdown());
        Assert.Contains("<a> & \"b\"", Made.Page(all.Report).Value);
    }

    /// <summary>Where nothing attacks there is nothing to trade off, and one accuracy in place of two.</summary>
    [Fact]
    public void A_study_without_an_attack_draws_clean_accuracy_alone()
    {
        var page = StudyReport.Create(Results(Found.Keys, attacks: "[\"clean\"]")).Report.ToMarkdown();
        Assert.Contains("Clean accuracy: means", page);
        Assert.DoesNotContain("trade-off", page);
        Assert.DoesNotContain("equal clean accuracy", page);
    }

    [Fact]
    public void What_failed_is_told_and_not_waited_for()
    {
        var (failed, done) = (Found.Keys.First(), Found.Keys.Skip(1));
        var results = Results(done);
        var report = StudyReport.Create(results with
        {
            Runs = [.. results.Runs.Select(r => r.Run.Name == failed ? r with { Failure = "the loss is 1e12" } : r)],
        });
        Assert.Contains($"FAILED: {failed}: the loss is 1e12", report.Report.ToMarkdown());
        Assert.DoesNotContain("PARTIAL", report.Report.ToMarkdown());
        Assert.True(report.Json["complete"]!.GetValue<bool>());
        Assert.Equal([failed], report.Json["failed"]!.AsArray().Select(f => f!.GetValue<string>()));
    }

    /// <summary>Whatever the numbers, the drawing stays a drawing.</summary>
    [Fact]
    public void The_trade_off_stays_on_its_sheet()
    {
        var share = Gen.Select(Gen.Double[0, 1], Gen.OneOf(Gen.Const((double?)null), Gen.Double[0, 0.3].Select(d => (double?)d)), (m, d) =>
            new SeedSpread(m, d, 3));
        var point = Gen.Select(share, share, Gen.Bool, (c, r, chosen) => new TradeOffPoint(c, r, "3.5", chosen));
        point.Array[1, 5].Array[1, 14].Sample(all =>
        {
            var svg = TradeOffChart.RenderSvg("t", [.. all.Select((points, i) => new TradeOffSeries($"<{i}>", points))],
                [.. all[0].Select(p => (p.Clean.Mean, p.Robust.Mean))]);
            Assert.DoesNotContain("NaN", svg);
            var sheet = XElement.Parse(svg);
            var height = (double)sheet.Attribute("height")!;
            foreach (var e in sheet.DescendantsAndSelf())
            {
                foreach (var (name, most) in (ReadOnlySpan<(string, double)>)[("cx", 720), ("x", 720), ("cy", height), ("y", height)])
                {
                    if ((string?)e.Attribute(name) is { } place) Assert.InRange(double.Parse(place, CultureInfo.InvariantCulture), 0, most);
                }
                foreach (Match at in Regex.Matches((string?)e.Attribute("d") ?? "", "[ML]([^ A-Z]+) ([^ A-Z]+)"))
                {
                    Assert.InRange(double.Parse(at.Groups[1].Value, CultureInfo.InvariantCulture), 0, 720);
                    Assert.InRange(double.Parse(at.Groups[2].Value, CultureInfo.InvariantCulture), 0, height);
                }
            }
        }, threads: 1, iter: 60);
    }

    private static StudyResults Results(IEnumerable<string> done, string attacks = "[\"pgd20\"]")
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "title": "T & <t>", "reference": "<a> & \"b\"",
              "settings": { "dataset": "glyphs" },
              "methods": [
                { "name": "TRADES", "objective": "trades", "lambda": [1, 6] },
                { "name": "TRADES-LS", "objective": "trades-ls", "lambda": 6 },
                { "name": "<a> & \"b\"", "objective": "arow", "lambda": 6 },
                { "name": "a ce", "objective": "arow-ce", "lambda": 6 }
              ],
              "seeds": [0, 1], "evaluations": [ { "name": "PGD", "attacks": ATTACKS } ]
            }
            """.Replace("ATTACKS", attacks));
        var study = StudyFile.Read(folder.File("study.json"));
        var known = done.ToHashSet();
        return new StudyResults(study,
        [
            .. study.Runs.Select(run => !known.Contains(run.Name)
                ? new RunResult(run, null, null, new Dictionary<string, Measurement>())
                : new RunResult(run, new SelectionRecord(5, 4, 0.9, Found[run.Name].Validation), null,
                    new Dictionary<string, Measurement> { ["PGD"] = Measured(run.Cell.Method == "TRADES", Found[run.Name].Robust) })),
        ]);
    }

    private static Measurement Measured(bool lastIsWrong, string robust)
    {
        SampleResult[] rows = [.. robust.Select((r, i) => lastIsWrong && i == Images - 1
            ? new SampleResult(i, 0, 1, 1, "clean", -1, 0)
            : new SampleResult(i, 0, 0, r == '1' ? 0 : 1, r == '1' ? null : "pgd20", 1, 0.03))];
        var summary = Made.Summary(clean: rows.Count(r => r.Clean == r.Label) / (double)Images, robust: robust.Count(r => r == '1') / (double)Images,
            n: Images);
        return new Measurement(summary, rows);
    }

    private static List<Dictionary<string, string>> Table(StudyReport report, string name)
    {
        var lines = report.Tables.Single(t => t.Name == name).Tsv.TrimEnd('\n').Split('\n').Select(l => l.Split('\t')).ToList();
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(c => c.First, c => c.Second))];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
