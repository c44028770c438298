namespace Arow.EndToEnd;

public sealed class TrainThenEvaluate
{
    private static readonly string[] Small =
        ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "300", "--limit-test", "60", "--epochs", "2", "--batch-size", "50",
            "--attack-steps", "2"];

    [Fact]
    public void The_run_folder_holds_it_all_and_numbers_agree()
    {
        using var arow = new Program();
        File.WriteAllText(arow.File("run.json"), """
            // options win over this file
            { "objective": "trades", "lambda": 6, "epsilon": "4/255", }
            """);
        var trained = arow.Run(["train", "run.json", .. Small, "--objective", "arow", "--lambda", "2", "--output", "run", "--json"]).AssertDone();

        var json = trained.Json;
        Assert.Equal("run", json.GetProperty("run").GetString());
        Assert.Equal(2, json.GetProperty("epochs").GetInt32());
        Assert.InRange(json.GetProperty("clean_accuracy").GetDouble(), 0, 1);
        Assert.Equal(
            json.GetProperty("training_robust_accuracy").GetDouble() - json.GetProperty("robust_accuracy").GetDouble(),
            json.GetProperty("generalization_gap").GetDouble(), 1e-12);
        Assert.Contains("| gap |", File.ReadAllText(arow.File("run/report.md")));
        foreach (var file in (string[])["run.json", "log.jsonl", "weights.safetensors", "report.html", "report.md", "evaluation/rows.tsv",
            "evaluation/summary.json", "evaluation-training/summary.json"])
            Assert.True(File.Exists(arow.File(Path.Combine("run", file))), file);
        Assert.Equal(2, File.ReadLines(arow.File("run/log.jsonl")).Count());
        Assert.NotEmpty(Directory.GetFiles(arow.File("run/tensorboard")));
        var begun = File.ReadAllText(arow.File("run/run.json"));
        Assert.Contains("\"objective\": \"arow\"", begun);
        Assert.Contains("\"epsilon\": \"4/255\"", begun);

        // The evaluation at the end, said again with other batches, is the same row for row.
        var evaluated = arow.Run("evaluate", "run", "--attack", "pgd20", "--limit", "60", "--batch-size", "7", "--output", "again", "--json")
            .AssertDone();
        Assert.Equal(File.ReadAllText(arow.File("run/evaluation/rows.tsv")), File.ReadAllText(arow.File("again/rows.tsv")));
        Assert.Equal(json.GetProperty("robust_accuracy").GetDouble(), evaluated.Json.GetProperty("robust_accuracy").GetDouble());
        Assert.Equal(60, evaluated.Json.GetProperty("n").GetInt32());
        Assert.Equal("pgd20", evaluated.Json.GetProperty("attacks")[0].GetProperty("name").GetString());

        var rows = File.ReadAllLines(arow.File("again/rows.tsv"));
        Assert.Equal("index\tlabel\tclean\tadversarial\trobust\tbroken_by\tmargin\tnorm\tclass\tadversarial_class", rows[0]);
        Assert.Equal(61, rows.Length);
        Assert.Equal(evaluated.Json.GetProperty("robust_accuracy").GetDouble(), rows.Skip(1).Count(r => r.Split('\t')[4] == "1") / 60.0, 1e-12);

        arow.Run(["train", .. Small, "--output", "run"]).AssertRefused("already contains a run", "--resume");
        arow.Run("train", "--output", "run", "--resume", "--epochs", "3").AssertRefused("started with other options", "epochs 2, not 3");
        arow.Run("evaluate", "run", "--dataset", "glyphs-colour").AssertRefused("1x28x28", "3x32x32");
        Assert.Equal(json.GetProperty("robust_accuracy").GetDouble(),
            arow.Run("train", "--output", "run", "--resume", "--json").AssertDone().Json.GetProperty("robust_accuracy").GetDouble());
    }

    [Fact]
    public void Clean_accuracy_alone_needs_no_attack()
    {
        using var arow = new Program();
        arow.Run(["train", .. Small, "--objective", "standard", "--norm", "l2", "--epsilon", "0.5", "--test-attack", "clean", "--output", "run"])
            .AssertDone();
        var clean = arow.Run("evaluate", "run/weights.safetensors", "--dataset", "glyphs", "--attack", "clean", "--limit", "60", "--output", "clean",
            "--json").AssertDone().Json;
        Assert.Equal(clean.GetProperty("clean_accuracy").GetDouble(), clean.GetProperty("robust_accuracy").GetDouble());
        Assert.Equal(0, clean.GetProperty("attacks").GetArrayLength());
    }
}
