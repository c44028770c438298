using System.Text.Json;
using System.Text.Json.Nodes;

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

    private static readonly EvaluationResult Result =
        new(Rows, [new AttackResult("fgsm", 2, 0, 2 / 3.0, 0.5), new AttackResult("pgd20", 2, 1, 1 / 3.0, 1.23456)]);

    private static EvaluationSummary Summary(string rows = "rows.tsv") => EvaluationSummary.Create(Result, ["cat", "dog"],
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
        Assert.Equal(["robustbench.json", "rows.tsv", "summary.json"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
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
        Assert.Equal($"{folder.Rows}: line 3 is not a row", fault.Message);
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
        Assert.Equal([("fgsm", 2 / 3.0, 2, 0, 0.5), ("pgd20", 1 / 3.0, 2, 1, 1.235)],
            summary.Attacks.Select(a => (a.Name, a.Accuracy, a.Attacked, a.Broken, a.Seconds)));
        Assert.Equal([interval.Low, interval.High], summary.Attacks[1].Interval!);
        Assert.Equal([new ClassSummary("cat", 1, 1, 0), new ClassSummary("dog", 2, 0.5, 0.5)], summary.Classes);
        var dogs = Confidence.Wilson(1, 2);
        Assert.Equal([dogs.Low, dogs.High], summary.Classes[1].RobustInterval!);
        Assert.Null(new ClassSummary("emu", 0, 0, 0).CleanInterval);
    }

    [Fact]
    public void An_early_end_rounding_and_findings_are_told()
    {
        var told = Result with
        {
            EndedEarly = true,
            Attacks = [Result.Attacks[0] with { Rounded = [] },
                Result.Attacks[1] with { Rounded = [7], Complete = false, AccuracyAlone = 0.25, QueryCounts = new QueryCounts(8, 4, 1, 0) }],
            Findings = [Finding.Warning("zero-gradients", "seen", "so", [7])],
        };
        var folder = new EvaluationFolder(made.Root);
        folder.Write(told, EvaluationSummary.Create(told, ["cat", "dog"], Summary().Subject, "rows.tsv"));
        var summary = EvaluationSummary.Read(folder.Summary);
        Assert.Contains("with 1 of 3 images robust", summary.EndedEarly);
        Assert.Equal((1, 0, 2 / 3.0), (summary.Quantized!.Broken, summary.Quantized.Survived, summary.Quantized.RobustAccuracy));
        Assert.Equal([7], summary.Quantized.Recovered);
        var pgd = summary.Attacks[1];
        Assert.Equal((false, 0.25, 0.25, 4), (pgd.Complete, pgd.AccuracyAlone, pgd.ZeroGradients, pgd.PassesPerImage));
        Assert.Null(summary.Attacks[0].ZeroGradients);
        Assert.Equal(("zero-gradients", FindingLevel.Warning), (summary.Findings![0].Check, summary.Findings[0].Level));
        Assert.Contains("\"level\": \"warning\"", File.ReadAllText(folder.Summary));
    }

    [Fact]
    public void A_summary_of_an_older_program_is_read()
    {
        var path = Path.Combine(made.Root, "summary.json");
        var old = System.Text.Json.Nodes.JsonNode.Parse(Summary().ToJson())!.AsObject();
        foreach (var later in (string[])["findings", "ended_early", "quantized"]) old.Remove(later);
        foreach (var later in (string[])["data_sha256", "randomness", "batch_size", "protocol"]) old["subject"]!.AsObject().Remove(later);
        File.WriteAllText(path, old.ToJsonString());
        Assert.Null(EvaluationSummary.Read(path).Findings);
        Assert.Null(EvaluationSummary.Read(path).Subject.Protocol);
    }

    [Fact]
    public void What_another_version_began_is_refused_or_gives_way_as_asked()
    {
        var folder = new EvaluationFolder(Path.Combine(made.Root, "versions"));
        var (older, newer) = (new EvaluationIdentity([["Arow", "1"]]), new EvaluationIdentity([["Arow", "2"]]));
        folder.Open(older, resume: true).Dispose();
        Assert.Contains("Arow 1, not 2", Assert.Throws<InputException>(() => folder.Open(newer, resume: true)).Message);
        using (folder.Open(newer, resume: true, restartIfUnusable: true))
        {
            // Never under the hands of another.
            Assert.Contains("another process",
                Assert.Throws<InputException>(() => folder.Open(older, resume: true, restartIfUnusable: true)).Message);
        }
        Assert.Throws<InputException>(() => folder.Open(older, resume: true));
    }

    [Fact]
    public void A_folder_knows_what_is_in_it()
    {
        var folder = new EvaluationFolder(Path.Combine(made.Root, "e"));
        var identity = new EvaluationIdentity([["what", "this"]]);
        Assert.Equal((false, false), (folder.IsOccupied, folder.IsUnfinished));
        folder.Open(identity, resume: true).Dispose();
        Assert.Equal((false, true), (folder.IsOccupied, folder.IsUnfinished));
        folder.Write(Result, Summary());
        Assert.Equal((false, false), (folder.IsOccupied, folder.IsUnfinished));
        // Whoever begins anew does not leave old numbers about.
        folder.Open(identity, resume: false).Dispose();
        Assert.Equal(["journal"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));

        var other = new EvaluationFolder(Path.Combine(made.Root, "other"));
        Directory.CreateDirectory(other.Path);
        foreach (var left in (string[])["journal.77.tmp", ".lock", ".lock-entrance"])
            File.WriteAllText(Path.Combine(other.Path, left), "left by a kill");
        Assert.False(other.IsOccupied);
        File.WriteAllText(Path.Combine(other.Path, "holiday.jpg"), "");
        Assert.True(other.IsOccupied);
    }

    /// <summary>What another process began meanwhile is not written over, whatever was looked at before.</summary>
    [Fact]
    public void What_is_unfinished_is_not_begun_anew_unasked()
    {
        var folder = new EvaluationFolder(Path.Combine(made.Root, "e"));
        var identity = new EvaluationIdentity([["what", "this"]]);
        Assert.Null(folder.Validate(resume: false));
        using (folder.Open(identity, resume: false))
        {
            Assert.Contains("another process is at work here; resume it to take part",
                Assert.Throws<InputException>(() => folder.Open(identity, resume: false)).Message);
            using var joined = folder.Open(identity, resume: true);
            Assert.True(joined.IsShared);
        }
        Assert.Contains("resume it, or choose another folder", folder.Validate(resume: false));
        Assert.Contains("resume it, or choose another folder", Assert.Throws<InputException>(() => folder.Open(identity, resume: false)).Message);
        foreach (var left in (string[])["rows.tsv.5.tmp", ".lock", ".lock-1-250", ".lock-entrance"])
            File.WriteAllText(Path.Combine(folder.Path, left), "left by a kill");
        folder.Open(identity, resume: true).Dispose();
        Assert.Equal(["journal"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("\"n\": 3", "\"n\": -3", "n cannot be -3")]
    [InlineData("\"clean_accuracy\": 0.6666666666666666,\n  \"clean", "\"clean_accuracy\": 1e400,\n  \"clean", "clean_accuracy is not in [0, 1]")]
    [InlineData("\"seconds\": ", "\"seconds\": -", "attacks[0].seconds is not a number of at least 0")]
    [InlineData("\"attacked\": ", "\"attacked\": -1", "attacks[0].attacked cannot be -1")]
    [InlineData("\"classes\": [", "\"classes\": [null,", "classes[0] is null")]
    [InlineData("\"findings\": []", "\"findings\": [null]", "findings[0] is null")]
    [InlineData("\"robust_interval\": [", "\"robust_interval\": [0,", "robust_interval is not two numbers")]
    [InlineData("\"attacks\": [", "\"attacks\": 5, \"old\": [", "$.attacks")]
    public void A_field_that_cannot_be_is_named(string field, string other, string says)
    {
        var path = Path.Combine(made.Root, "summary.json");
        var text = Summary().ToJson();
        Assert.Contains(field, text);
        var at = text.IndexOf(field, StringComparison.Ordinal);
        File.WriteAllText(path, $"{text[..at]}{other}{text[(at + field.Length)..]}");
        var fault = Assert.Throws<InputException>(() => EvaluationSummary.Read(path));
        Assert.StartsWith($"{path}: not a summary", fault.Message);
        Assert.Contains(says, fault.Message);
    }

    [Fact]
    public void A_class_without_images_has_no_accuracy_to_divide_by()
    {
        var summary = EvaluationSummary.Create(Result, ["cat", "dog", "emu"], Summary().Subject, "rows.tsv");
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
        Assert.StartsWith($"{path}: not a summary", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Throws<InputException>(() => EvaluationSummary.Read(path + ".missing"));
    }

    /// <summary>Reports show it, long after it was read.</summary>
    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{ \"arow\": \"\\ud800\" }")]
    [InlineData("{ \"\\udfff\": 1 }")]
    public void A_provenance_that_cannot_be_shown_is_refused(string provenance)
    {
        var path = Path.Combine(made.Root, "summary.json");
        var json = JsonNode.Parse(Summary().ToJson())!;
        json["provenance"] = "HERE";
        File.WriteAllText(path, json.ToJsonString().Replace("\"HERE\"", provenance, StringComparison.Ordinal));
        Assert.Contains("provenance is not an object of texts", Assert.Throws<InputException>(() => EvaluationSummary.Read(path)).Message);
    }
}
