using System.Text.Json;
using Arow.Evaluation;
using Arow.Tests.Unit.Data;

namespace Arow.Tests.Unit.Evaluation;

public sealed class EvaluationFolderTests : IDisposable
{
    private readonly MadeFolder made = new();

    public void Dispose() => made.Dispose();

    private static readonly SampleResult[] Rows =
    [
        new(Index: 7, Label: 0, Clean: 0, Adversarial: 1, BrokenBy: "pgd20", Margin: -0.25, Norm: 0.03125),
        new(Index: 2, Label: 1, Clean: 0, Adversarial: 0, BrokenBy: "clean", Margin: -1.5, Norm: 0),
        new(Index: 3, Label: 1, Clean: 1, Adversarial: 1, BrokenBy: null, Margin: 1e-7, Norm: 0.1),
    ];

    private static readonly EvaluationResult Result = new(Rows, [new AttackResult("fgsm", 2, 0, 2 / 3.0, 0.5), new AttackResult("pgd20", 2, 1, 1 / 3.0, 1.23456)]);

    private static EvaluationSummary Summary(string rows = "rows.tsv") => EvaluationSummary.Of(Result, ["cat", "dog"],
        new EvaluationSubject("small-cnn", "w.safetensors", "00ff", "arow", "validation", "glyphs", "linf", "8/255", 3), rows);

    [Fact]
    public void Rows_are_written_to_the_letter_in_the_order_of_their_places()
    {
        var folder = new EvaluationFolder(Path.Combine(made.Root, "new", "evaluation"));
        folder.Write(Result, Summary());
        Assert.Equal(
            "index\tlabel\tclean\tadversarial\trobust\tbroken_by\tmargin\tnorm\n"
            + "2\t1\t0\t0\t0\tclean\t-1.5\t0\n"
            + "3\t1\t1\t1\t1\t-\t1E-07\t0.1\n"
            + "7\t0\t0\t1\t0\tpgd20\t-0.25\t0.03125\n",
            File.ReadAllText(folder.Rows));
        Assert.Equal(Rows.OrderBy(r => r.Index), folder.ReadRows());
        Assert.Equal(["rows.tsv", "summary.json"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("2\t1\t0\t0\t0\tclean\t-1.5")]
    [InlineData("2\t1\t0\t0\t1\tclean\t-1.5\t0")]
    [InlineData("2\t1\t0\t0\t0\t-\t-1.5\t0")]
    [InlineData("x\t1\t0\t0\t0\tclean\t-1.5\t0")]
    [InlineData("2\t1\t0\t0\t0\tclean\t-1,5\t0\t")]
    [InlineData("")]
    public void What_is_no_row_is_named_by_its_line(string line)
    {
        var folder = new EvaluationFolder(made.Root);
        File.WriteAllText(folder.Rows, $"{SampleResult.Header}\n{Rows[0].ToLine()}\n{line}\n{Rows[1].ToLine()}\n");
        var fault = Assert.Throws<InputException>(folder.ReadRows);
        Assert.Equal($"{folder.Rows}: line 3 is no row", fault.Message);
    }

    [Fact]
    public void Rows_of_another_kind_or_none_are_refused()
    {
        var folder = new EvaluationFolder(made.Root);
        Assert.Contains("missing", Assert.Throws<InputException>(folder.ReadRows).Message);
        File.WriteAllText(folder.Rows, "index\tlabel\n");
        Assert.Contains("header", Assert.Throws<InputException>(folder.ReadRows).Message);
    }

    [Fact]
    public void The_summary_counts()
    {
        var summary = Summary();
        Assert.Equal(3, summary.N);
        Assert.Equal(2 / 3.0, summary.CleanAccuracy);
        Assert.Equal(1 / 3.0, summary.RobustAccuracy);
        var interval = Confidence.Wilson(1, 3);
        Assert.Equal([interval.Low, interval.High], summary.RobustInterval);
        Assert.Equal([new AttackSummary("fgsm", 2 / 3.0, 2, 0, 0.5), new AttackSummary("pgd20", 1 / 3.0, 2, 1, 1.235)], summary.Attacks);
        Assert.Equal([new ClassSummary("cat", 1, 1, 0), new ClassSummary("dog", 2, 0.5, 0.5)], summary.Classes);
    }

    [Fact]
    public void A_class_without_images_has_no_accuracy_to_divide_by()
    {
        var summary = EvaluationSummary.Of(Result, ["cat", "dog", "emu"], Summary().Subject, "rows.tsv");
        Assert.Equal(new ClassSummary("emu", 0, 0, 0), summary.Classes[2]);
    }

    [Fact]
    public void Machines_find_the_names_that_the_command_line_promises()
    {
        using var json = JsonDocument.Parse(Summary("some/rows.tsv").ToJsonLine());
        var root = json.RootElement;
        Assert.Equal(3, root.GetProperty("n").GetInt32());
        Assert.Equal(2 / 3.0, root.GetProperty("clean_accuracy").GetDouble());
        Assert.Equal(1 / 3.0, root.GetProperty("robust_accuracy").GetDouble());
        Assert.Equal("some/rows.tsv", root.GetProperty("rows").GetString());
        Assert.Equal([("fgsm", 2 / 3.0), ("pgd20", 1 / 3.0)], root.GetProperty("attacks").EnumerateArray()
            .Select(a => (a.GetProperty("name").GetString()!, a.GetProperty("accuracy").GetDouble())));
        Assert.Equal("8/255", root.GetProperty("subject").GetProperty("epsilon").GetString());
        Assert.Equal(2, root.GetProperty("clean_interval").GetArrayLength());
        Assert.NotEqual("", root.GetProperty("provenance").GetProperty("libtorch").GetString());
    }

    [Fact]
    public void A_summary_is_read_as_it_was_written()
    {
        var folder = new EvaluationFolder(made.Root);
        folder.Write(Result, Summary());
        Assert.Equal(Summary().ToJson(), EvaluationSummary.Read(folder.Summary).ToJson());
        Assert.DoesNotContain('\n', Summary().ToJsonLine());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"n\": ")]
    public void What_is_no_summary_is_named(string text)
    {
        var path = Path.Combine(made.Root, "summary.json");
        File.WriteAllText(path, text);
        var fault = Assert.Throws<InputException>(() => EvaluationSummary.Read(path));
        Assert.StartsWith($"{path}: is no summary", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Throws<InputException>(() => EvaluationSummary.Read(path + ".missing"));
    }
}
