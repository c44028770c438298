namespace Arow.Tests.Unit.Reports;

public sealed class StudyThirdsTests
{
    /// <summary>
    /// Robust images, of six, and their margins. PGD-AT of seed 1 decides the thirds of seed 0: images 4 and 5, 2 and 3, 0 and 1; PGD-AT
    /// of seed 0 those of seed 1: images 0 and 1, 2 and 3, 4 and 5.
    /// </summary>
    private static readonly Dictionary<string, (string Robust, int[] Margins)> Found = new()
    {
        ["pgd-at-seed0"] = ("000011", [1, 2, 3, 4, 5, 6]), ["pgd-at-seed1"] = ("110000", [6, 5, 4, 3, 2, 1]),
        ["trades-seed0"] = ("001100", [0, 0, 0, 0, 0, 0]), ["trades-seed1"] = ("001100", [0, 0, 0, 0, 0, 0]),
        ["arow-seed0"] = ("001111", [0, 0, 0, 0, 0, 0]), ["arow-seed1"] = ("101000", [0, 0, 0, 0, 0, 0]),
    };

    [Fact]
    public void Leads_lie_where_a_third_network_is_least_robust()
    {
        var leads = StudyThirds.CreateAll(Results(Found.Keys), "glyphs");
        Assert.Equal(
            [
                // Images that ARoW has more, of two: over PGD-AT 0, 2, 0 with seed 0 and −1, 1, 0 with seed 1; over TRADES 2, 0, 0 and 1, −1, 0.
                ("PGD-AT", "least robust", (0 - 0.5) / 2), ("PGD-AT", "middle", (1 + 0.5) / 2), ("PGD-AT", "most robust", 0),
                ("TRADES", "least robust", (1 + 0.5) / 2), ("TRADES", "middle", (0 - 0.5) / 2), ("TRADES", "most robust", 0),
            ],
            leads.Select(l => (l.Other, l.Third, l.Lead.Difference)));
    }

    [Fact]
    public void Each_image_is_in_one_third_and_the_report_shows_the_table_when_seeds_are_there()
    {
        var results = Results(Found.Keys);
        Assert.All(StudyThirds.CreateAll(results, "glyphs"), l => Assert.All(l.Lead.Pairs, p => Assert.Equal(2, p.N)));
        Assert.Contains("Where the lead of ARoW lies", StudyReport.Create(results).Report.ToMarkdown());
        Assert.DoesNotContain("Where the lead of ARoW lies", StudyReport.Create(Results(["pgd-at-seed0", "arow-seed0"])).Report.ToMarkdown());
    }

    /// <summary>Images of a constant network stand in the order of their classes, whatever the method: the seed after it decides instead.</summary>
    [Fact]
    public void A_network_that_has_not_learnt_decides_no_thirds()
    {
        var constant = Measured("111000", [6, 5, 4, 3, 2, 1], labels: [0, 0, 0, 1, 1, 1]);
        var learnt = Measured("110000", [6, 5, 4, 3, 2, 1], labels: [0, 0, 0, 1, 1, 1], clean: [0, 0, 0, 1, 1, 1]);
        Dictionary<string, Measurement> found = new() { ["pgd-at-seed1"] = constant, ["arow-seed0"] = learnt, ["pgd-at-seed0"] = learnt };
        Assert.Empty(StudyThirds.CreateAll(Results(found, "[0, 1]"), "glyphs"));
        Assert.Empty(StudyThirds.CreateAll(Results(found, "[0, 1, 2]"), "glyphs"));
        found["pgd-at-seed2"] = learnt;
        Assert.Equal(3, StudyThirds.CreateAll(Results(found, "[0, 1, 2]"), "glyphs").Count);
    }

    private static StudyResults Results(IReadOnlyCollection<string> done) =>
        Results(done.ToDictionary(name => name, name => Measured(Found[name].Robust, Found[name].Margins)), "[0, 1]");

    private static StudyResults Results(Dictionary<string, Measurement> found, string seeds)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), $$"""
            {
              "title": "t", "settings": { "dataset": "glyphs" },
              "methods": [ { "name": "PGD-AT", "objective": "pgd-at" }, { "name": "TRADES", "objective": "trades" },
                { "name": "ARoW", "objective": "arow" } ],
              "seeds": {{seeds}}, "evaluations": [ { "name": "PGD", "attacks": ["pgd20"] } ]
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        return new StudyResults(study,
        [
            .. study.Runs.Select(run => found.TryGetValue(run.Name, out var measured)
                ? new RunResult(run, new SelectionRecord(5, 4, 0.9, 0.5), null, new Dictionary<string, Measurement> { ["PGD"] = measured })
                : new RunResult(run, null, null, new Dictionary<string, Measurement>())),
        ]);
    }

    /// <summary>Of class 0 and classified so, unless told otherwise.</summary>
    private static Measurement Measured(string robust, int[] margins, long[]? labels = null, long[]? clean = null) => new(
        Made.Summary(clean: 1, robust: robust.Count(r => r == '1') / (double)robust.Length, n: robust.Length),
        [.. robust.Select((r, i) => new SampleResult(i, labels?[i] ?? 0, clean?[i] ?? 0, r == '1' ? 0 : 1, r == '1' ? null : "pgd20", margins[i], 0.03))]);
}
