using System.Xml.Linq;

namespace Arow.Tests.Unit.Reports;

public sealed class StudyGapTests
{
    /// <summary>Robust images, of eight, of each run; training images are robust in seven of eight.</summary>
    private static readonly Dictionary<string, string> Robust = new()
    {
        ["few-pgd-at-seed0"] = "11110000", ["few-arow-seed0"] = "11111100", ["few-pgd-at-seed1"] = "11100000", ["few-arow-seed1"] = "11110000",
        ["many-pgd-at-seed0"] = "11111100", ["many-arow-seed0"] = "11111100", ["many-pgd-at-seed1"] = "11111100", ["many-arow-seed1"] = "11110000",
    };

    [Fact]
    public void Leads_are_those_over_seeds_and_gaps_those_of_the_first_other_method()
    {
        var leads = StudyGap.CreateAll(Results());
        Assert.Equal([("few", "PGD-AT"), ("many", "PGD-AT")], leads.Select(l => (l.Dataset, l.Other)));
        // 7/8 less 4/8 and 3/8, and less 6/8 twice.
        Assert.Equal([3.5 / 8, 1.0 / 8], leads.Select(l => l.Gap.Mean));
        // Two and one images more; none and two fewer.
        Assert.Equal([1.5 / 8, -1.0 / 8], leads.Select(l => l.Lead.Difference));

        var table = StudyGap.CreateTable(leads);
        Assert.Equal("few\t", table.Tsv.Split('\n')[1][..4]);
        var figure = Assert.Single(StudyGap.CreateBlocks(Results().Study, leads, table).OfType<SvgFigure>());
        var svg = XElement.Parse(figure.Svg);
        // A mark a data set, and the legend's.
        Assert.Equal(3, svg.Descendants().Count(e => e.Name.LocalName == "circle"));
        Assert.Contains(svg.Descendants(), e => e.Value == "few, over PGD-AT: gap 43.8 ± 8.8, lead +18.8 (-60.7 to +98.2)");
        Assert.Contains("by the generalization gap", StudyReport.Create(Results()).Report.ToMarkdown());
    }

    [Theory]
    [InlineData("\"training-images\": 8", "")]
    [InlineData("{ \"name\": \"many\", \"dataset\": \"glyphs\", \"limit-train\": 2000 }", "")]
    public void Without_training_images_or_with_one_data_set_there_is_no_diagram(string removed, string instead)
    {
        var results = Results(json => json.Replace(removed, instead).Replace(", }", " }").Replace(", ]", " ]"));
        Assert.Empty(StudyGap.CreateAll(results));
        Assert.DoesNotContain("generalization gap, points", StudyReport.Create(results).Report.ToMarkdown());
    }

    private static StudyResults Results(Func<string, string>? edit = null)
    {
        using var folder = new TemporaryFolder();
        const string Json = """
            {
              "title": "t",
              "datasets": [ { "name": "few", "dataset": "glyphs", "limit-train": 200 }, { "name": "many", "dataset": "glyphs", "limit-train": 2000 } ],
              "methods": [ { "name": "PGD-AT", "objective": "pgd-at" }, { "name": "ARoW", "objective": "arow" } ],
              "seeds": [0, 1], "evaluations": [ { "name": "PGD", "attacks": ["pgd20"], "training-images": 8 } ]
            }
            """;
        File.WriteAllText(folder.File("study.json"), edit is null ? Json : edit(Json));
        var study = StudyFile.Read(folder.File("study.json"));
        return new StudyResults(study,
        [
            .. study.Runs.Select(run => new RunResult(run, new SelectionRecord(5, 4, 0.9, 0.5), null,
                new Dictionary<string, Measurement> { ["PGD"] = Measured(Robust.GetValueOrDefault(run.Name, "11110000")) })),
        ]);
    }

    private static Measurement Measured(string robust)
    {
        SampleResult[] rows = [.. robust.Select((r, i) => new SampleResult(i, 0, 0, r == '1' ? 0 : 1, r == '1' ? null : "pgd20", 1, 0.03))];
        return new Measurement(Made.Summary(clean: 1, robust: robust.Count(r => r == '1') / (double)rows.Length, n: rows.Length), rows)
        {
            Training = Made.Summary(clean: 1, robust: 7.0 / 8, n: 8),
        };
    }
}
