using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Reports;

public sealed class ReportTests : IDisposable
{
    private readonly MadeFolder made = new();

    public void Dispose() => made.Dispose();

    public static TheoryData<string> Kinds => ["evaluation", "training", "comparison"];

    private static Report Of(string kind) => kind switch
    {
        "evaluation" => EvaluationReport.Create(Made.Summary(), Made.Rows(), Made.Examples),
        "training" => TrainingReport.Create(new TrainingOptions { Dataset = "glyphs", DataDir = Made.Hostile }, Made.Epochs(6),
            Made.Summary().Provenance, Made.Summary(), Made.Rows(), Made.Examples),
        _ => ComparisonReport.Create(Made.Hostile,
            [new ComparedModel(Made.Hostile, Made.Summary(), Made.Examples), new ComparedModel("b", Made.Summary(robust: 0.2))]),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_page_is_well_formed_whatever_the_names_and_needs_nothing_else(string kind)
    {
        var page = Made.Page(Of(kind));
        Assert.Empty(Assert.Single(page.All("script")).Attributes());
        Assert.Empty(page.All("link"));
        Assert.NotEmpty(page.All("svg"));
        // The hostile name is there as text.
        Assert.Contains(page.All(kind == "training" ? "td" : "text"), e => e.Value.StartsWith("<script>alert(", StringComparison.Ordinal));
        Assert.All(page.DescendantsAndSelf().SelectMany(e => e.Attributes()).Where(a => a.Name.LocalName is "src" or "href"),
            a => Assert.StartsWith("data:image/png;base64,", a.Value));
        var picture = Assert.Single(page.All("img")).Attribute("src")!.Value.Split(',')[1];
        Assert.Equal(Made.Examples.Png, Convert.FromBase64String(picture));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Markdown_has_tables_of_even_rows_and_no_elements(string kind)
    {
        var markdown = Of(kind).ToMarkdown();
        Assert.DoesNotMatch(@"(?<!\\)<", markdown);
        var tables = Regex.Matches(markdown, @"(^\|.*\|\n?)+", RegexOptions.Multiline);
        Assert.NotEmpty(tables);
        foreach (Match table in tables)
        {
            var widths = table.Value.TrimEnd().Split('\n').Select(line => Regex.Count(line, @"(?<!\\)\|")).Distinct();
            Assert.Single(widths);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_figures_of_the_Markdown_are_beside_it(string kind)
    {
        Of(kind).Write(Path.Combine(made.Root, "new"), "r");
        var files = Directory.GetFiles(Path.Combine(made.Root, "new")).Select(Path.GetFileName).ToHashSet();
        var linked = Regex.Matches(File.ReadAllText(Path.Combine(made.Root, "new", "r.md")), @"\]\(([^)]+)\)").Select(m => m.Groups[1].Value)
            .ToList();
        Assert.NotEmpty(linked);
        Assert.Equal(linked.Append("r.md").Append("r.html").Order(), files.Order());
    }

    [Fact]
    public void An_evaluation_says_its_numbers_and_where_they_are_from()
    {
        var page = Made.Page(EvaluationReport.Create(Made.Summary(), Made.Rows())).Value;
        var interval = Confidence.Wilson(108, 200);
        foreach (var said in new[]
        {
            "Of 200 test images 90.0 % are classified correctly", "54.0 % stay correct", "L∞, ε = 8/255", "upper bound",
            FormattableString.Invariant($"{100 * interval.Low:F1} – {100 * interval.High:F1} %"),
            "fgsm", "pgd20", "12.5", "small-cnn", "arow", "validation", "0123abcd", "glyphs", "torchsharp", "0.107.0", "2.10.0",
            "evaluation/rows.tsv", "seed",
        })
        {
            Assert.Contains(said, page);
        }
    }

    [Fact]
    public void What_attacks_turn_images_into_is_counted()
    {
        SampleResult Turned(long index, long to) => new(index, 0, 0, to, "pgd20", -1, 0.03);
        List<SampleResult> rows = [Turned(0, 1), Turned(1, 1), new(2, 1, 0, 0, "clean", -1, 0), new(3, 1, 1, 1, null, 1, 0.03)];
        var table = EvaluationReport.Create(Made.Summary(), rows).Blocks.OfType<Table>().Single(t => t.Columns.Contains("predicted"));
        Assert.Equal([Made.Hostile, "dog", "2"], Assert.Single(table.Rows));
    }

    [Theory]
    [InlineData("test", "SELECTED ON TEST DATA")]
    [InlineData(null, "SELECTION UNKNOWN")]
    public void Selection_is_stamped_on_every_report(string? selectedOn, string stamp)
    {
        var summary = Made.Summary(selectedOn: selectedOn);
        Report[] reports =
        [
            EvaluationReport.Create(summary, []),
            TrainingReport.Create(new TrainingOptions { Dataset = "glyphs" }, [], summary: summary),
            ComparisonReport.Create("t", [new ComparedModel("a", Made.Summary()), new ComparedModel("guilty", summary)]),
        ];
        Assert.All(reports, r => Assert.Contains(stamp, Made.Page(r).All("p").Single(p => (string?)p.Attribute("class") == "stamp").Value));
        Assert.All(reports, r => Assert.Matches($@"(?m)^> \*\*.*{stamp}", r.ToMarkdown()));
        Assert.Contains("guilty: SELECT", reports[2].ToMarkdown());
    }

    [Fact]
    public void Honest_runs_carry_no_stamp() =>
        Assert.DoesNotContain(EvaluationReport.Create(Made.Summary(), Made.Rows()).Blocks, b => b is Banner);

    [Fact]
    public void Limits_are_stamped()
    {
        Assert.Contains(EvaluationReport.Create(Made.Summary(), Made.Rows(stride: 50)).Blocks.OfType<Banner>(),
            s => s.Text.StartsWith("LIMITED SAMPLES: measured on 200 test images drawn by seed 3, from at least 9,951.", StringComparison.Ordinal));
        Assert.Contains(EvaluationReport.Create(Made.Summary(attacks: []), []).Blocks.OfType<Banner>(), s =>
            s.Text.StartsWith("NO ATTACK", StringComparison.Ordinal));
        var trained = TrainingReport.Create(new TrainingOptions { Dataset = "glyphs", LimitTrain = 5000, SelectOn = SelectOn.Test }, Made.Epochs(2));
        Assert.Equal(["LIMITED TRAINING", "SELECTED ON TEST DATA", "NOT EVALUATED"],
            trained.Blocks.OfType<Banner>().Select(s => s.Text.Split(':')[0]));
    }

    [Fact]
    public void Models_not_measured_alike_are_stamped()
    {
        string[] Stamps(params EvaluationSummary[] summaries) =>
            [.. ComparisonReport.Create("t", [.. summaries.Select((s, i) => new ComparedModel($"{i}", s))]).Blocks.OfType<Banner>()
                .Select(s => s.Text.Split(':')[0])];
        Assert.Empty(Stamps(Made.Summary(), Made.Summary(robust: 0.3)));
        Assert.Equal(["DIFFERENT EVALUATIONS"], Stamps(Made.Summary(), Made.Summary(epsilon: "4/255")));
        Assert.Equal(["DIFFERENT EVALUATIONS"], Stamps(Made.Summary(), Made.Summary(n: 100)));
        Assert.Equal(["DIFFERENT EVALUATIONS"], Stamps(Made.Summary(), Made.Summary(attacks: ["pgd100"])));
    }

    [Fact]
    public void A_comparison_has_a_line_for_each_model()
    {
        var table = ComparisonReport.CreateTable(
            [new ComparedModel("standard", Made.Summary(clean: 0.95, robust: 0)), new ComparedModel("arow", Made.Summary())]);
        Assert.Equal(["standard", "95.0 %", "91.0 – 97.3 %", "0.0 %", "0.0 – 1.9 %"], table.Rows[0]);
        Assert.Equal("arow", table.Rows[1][0]);
    }

    [Fact]
    public void A_run_is_read_from_its_folder()
    {
        var folder = new RunFolder(made.Root);
        folder.Create(new TrainingOptions { Dataset = "glyphs", Lambda = 2.5, Epochs = 4 },
            new System.Text.Json.Nodes.JsonObject { ["arow"] = "9.9.9" });
        Assert.Contains("NOT EVALUATED", TrainingReport.FromFolder(folder).ToMarkdown());

        foreach (var epoch in Made.Epochs(4))
            folder.AppendLog(System.Text.Json.JsonSerializer.Serialize(epoch, EpochJson.Default.EpochRecord));
        Directory.CreateDirectory(folder.Evaluation);
        File.WriteAllText(new EvaluationFolder(folder.Evaluation).Summary, Made.Summary(clean: 1, robust: 133 / 200.0).ToJson());
        File.WriteAllLines(new EvaluationFolder(folder.Evaluation).Rows, Made.Rows().Select(r => r.ToLine()).Prepend(SampleResult.Header));
        var page = Made.Page(TrainingReport.FromFolder(folder)).Value;
        Assert.Contains("4 epochs, 40 steps. The weights are those of epoch 2", page);
        Assert.Contains("66.5 % stay correct", page);
        Assert.Contains("lambda2.5", page);
        Assert.Contains("9.9.9", page);

        folder.AppendLog("{");
        Assert.Contains(folder.Log, Assert.Throws<InputException>(() => TrainingReport.FromFolder(folder)).Message);
    }
}
