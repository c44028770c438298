using System.Text.Json;
using Arow.Analysis;
using Arow.Tests.Unit.Reports;
using SkiaSharp;

namespace Arow.Tests.Unit.Analysis;

/// <summary>An analysis from weights to a folder, on digits and networks that have learnt nothing.</summary>
public sealed class AnalysisRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ImageSet images = Digits();
    private readonly AnalysisRun run;

    public AnalysisRunTests() => run = new(Saved("a", seed: 1), new()
    {
        Attack = "pgd10", BatchSize = 16, Seed = 2, Against = Saved("b", seed: 2),
        Landscape = 10, Epsilons = [Ratio.FromFraction(0, 255), Ratio.FromFraction(8, 255), Ratio.FromFraction(200, 255)], Steps = [0, 2],
    });

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    private static ImageSet Digits()
    {
        using var all = new Glyphs().Draw(Split.Test, 40);
        return all.Limit(24, 0);
    }

    private string Saved(string name, long seed)
    {
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, seed);
        NetworkFile.Save(folder.File(name), network, new Dictionary<string, string> { ["selected_on"] = "test" },
            [.. "0123456789".Select(c => $"{c}")]);
        return folder.File(name);
    }

    private static void Write(AnalysisFolder there, AnalysisResult result, Action<string> report)
    {
        using var place = there.Begin();
        there.Write(place, result, report);
    }

    /// <summary>Before hours of work, and without a trace.</summary>
    [Fact]
    public void Where_nothing_can_be_written_is_found_before_any_work()
    {
        File.WriteAllText(folder.File("file"), "");
        Assert.Contains($"{folder.File("file")} is a file",
            Assert.Throws<InputException>(() => new AnalysisFolder(folder.File("file/analysis")).Begin()).Message);
        string[] before = Directory.GetFileSystemEntries(folder.Path);
        using (new AnalysisFolder(folder.File("new/analysis")).Begin())
            Assert.Contains("another process", Assert.Throws<InputException>(() => new AnalysisFolder(folder.File("new/analysis")).Begin()).Message);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Everything_is_written_at_once_and_well_formed()
    {
        var (progress, silent) = (new List<AnalysisProgress>(), 0);
        new ProbeFolder(folder.File("watch")).Write(new ProbedEpoch("training", 1, [new(0, 0, 0, 0.9, 1, 0.2, 0.1, 0.03, 1, 0.2)]));
        var result = (run with
        {
            Observer = new Observer { Analysis = progress.Add, Query = () => silent += progress.Count == 0 ? 1 : 0 },
            Probes = new ProbeFolder(folder.File("watch")),
        }).Execute(images);
        var there = new AnalysisFolder(folder.File("analysis"));
        Assert.Null(there.Error);
        Write(there, result, path => AnalysisReport.Create(result, images).Write(path));
        Assert.Null(there.Error);

        var s = result.Summary;
        Assert.Equal((24, 10, "pgd10"), (s.N, s.CurveImages, s.Attack));
        Assert.Equal(24, s.Model.Groups.Sum(g => g.N));
        // On the same images a curve and the rows agree at the same ε, but for what a smaller ε took before.
        var few = result.Rows.Count(r => r.IsCorrect);
        Assert.InRange(s.Model.Epsilons[0].Right, 0, few);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "*.tmp"));
        string[] tables = ["confusion.tsv", "curves.tsv", "rows.tsv", "surface.tsv", "training.tsv"];
        Assert.Equal(tables, Directory.GetFiles(there.Path, "*.tsv").Select(Path.GetFileName).Order(StringComparer.Ordinal));

        var rows = File.ReadAllLines(Path.Combine(there.Path, "rows.tsv"));
        Assert.Equal(25, rows.Length);
        Assert.All(rows, line => Assert.Equal(21, line.Split('\t').Length));
        Assert.Equal(result.Rows.Select(r => r.ToLine()), rows.Skip(1).Select(line => string.Join('\t', line.Split('\t').Take(12))));
        Assert.Equal(s.Comparison!.ByFirst.Sum(g => g.Wins), rows.Count(line => line.Contains("\twins\t", StringComparison.Ordinal)));
        Assert.Equal(1 + 3 * 2 + 2 * 2, File.ReadAllLines(Path.Combine(there.Path, "curves.tsv")).Length);

        using var json = JsonDocument.Parse(File.ReadAllText(there.Summary));
        var model = json.RootElement.GetProperty("model");
        Assert.Equal(s.Model.Bound.Arow.Value, model.GetProperty("bound").GetProperty("arow").GetProperty("value").GetDouble());
        Assert.Equal("least", model.GetProperty("groups")[0].GetProperty("group").GetString());
        Assert.Equal(4, json.RootElement.GetProperty("comparison").GetProperty("by_first").GetArrayLength());
        Assert.DoesNotContain('\n', s.ToJsonLine());

        var page = Made.Page(AnalysisReport.Create(result, images));
        Assert.Contains("SELECTED ON TEST DATA", page.Value);
        Assert.Contains("Over training: 1 training images", page.Value);
        Assert.Equal(page.All("figure").Count(), Directory.GetFiles(there.Path, "report-*").Length);
        Assert.Contains(progress, p => p is { Stage: "against: epsilon 8/255", Done: > 0 });
        Assert.All(progress, p => Assert.InRange(p.Done, 0, p.Total));
        // Each stage is told before its first batch, which may take minutes.
        Assert.Equal(0, silent);
        Assert.All(progress.Where(p => p.Stage != "clean" && p.Stage != "against: clean").GroupBy(p => p.Stage), stage => Assert.Equal(0, stage.First().Done));
    }

    [Fact]
    public void An_older_analysis_gives_way_and_nothing_else_does()
    {
        var small = (run with { Options = run.Options with { Against = null, Landscape = 0 } }).Execute(images);
        var there = new AnalysisFolder(folder.File("analysis"));
        Write(there, run.Execute(images), _ => { });
        Write(there, small, path => File.WriteAllText(Path.Combine(path, "report.md"), "new"));
        Assert.Equal(["analysis.json", "confusion.tsv", "report.md", "rows.tsv"],
            Directory.GetFileSystemEntries(there.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        // A report that fails leaves what was there.
        Assert.Throws<IOException>(() => Write(there, small, _ => throw new IOException("full")));
        Assert.Equal("new", File.ReadAllText(Path.Combine(there.Path, "report.md")));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(folder.Path), entry => entry.Contains(".tmp", StringComparison.Ordinal));

        File.WriteAllText(Path.Combine(there.Path, "my notes.txt"), "");
        Assert.Contains("my notes.txt", there.Error);
        File.Delete(there.Summary);
        Assert.Contains("holds no analysis", there.Error);
    }

    [Fact]
    public void A_model_without_gradients_is_refused_in_one_line()
    {
        // Rounding inside: no gradient finds its way.
        LoadedModel Cut(ModelSource source) => new(x => x.detach().flatten(1)[.., ..10]) { Name = "cut" };
        LoadedModel Scores(ModelSource source) => new(x => x.flatten(1)[.., ..10]) { Name = "onnx", Access = Access.Scores };
        foreach (var open in (Func<ModelSource, LoadedModel>[])[Cut, Scores])
        {
            var fault = Assert.Throws<InputException>(() => (run with { Open = open }).Execute(images));
            Assert.Contains("has no gradients", fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    [Fact]
    public void A_group_is_drawn_with_its_least_robust_first()
    {
        AttackedImage Row(long index, double q) => new(index, 0, 0, 0.9, 1, q, 0, 0, 1, q);
        using var scope = NewDisposeScope();
        using var two = new ImageSet("made", tensor(new byte[] { 10, 200 }).reshape(2, 1, 1, 1), zeros(2, ScalarType.Int64), ["cat", "dog"]);
        var figure = GroupSheet.Render(two, [Row(0, 0.2), Row(1, 0.1)], RobustnessGroup.Least)!;
        Assert.Contains("All 2 least robust images", figure.Caption);
        using var sheet = SKBitmap.Decode(figure.Png);
        Assert.Equal((200, 10), (sheet.GetPixel(10 + 40, 10 + 40).Red, sheet.GetPixel(10 + 96 + 10 + 40, 10 + 40).Red));
        Assert.Null(GroupSheet.Render(two, [Row(0, 0.2)], RobustnessGroup.Highly));
    }

    [Theory]
    [InlineData("8/255", 0.25, "2/255")]
    [InlineData("8/255", 1.5, "12/255")]
    [InlineData("0.1", 0.25, "0.025")]
    [InlineData("1/3", 0, "0/3")]
    [InlineData("0.0000001", 1.5, "1.5E-07")]
    public void Parts_of_a_ratio_keep_its_form(string text, double factor, string expected)
    {
        var times = Ratio.Parse(text)!.Value.Times(factor);
        Assert.Equal(expected, times.Text);
        Assert.Equal(Ratio.Parse(text)!.Value.Value * factor, times.Value, 1e-12);
    }
}
