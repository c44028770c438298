using System.Diagnostics;
using System.Text.Json;

namespace Arow.EndToEnd;

public sealed class StudiesAreShared
{
    private const string Study = """
        // Two methods, two seeds.
        {
          "title": "Small & quick",
          "settings": {
            "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 160, "validation": 40, "epochs": 2, "batch-size": 20, "lr": 0.1,
            "epsilon": "0.05", "attack-steps": 2, "threads": 1, "checkpoint-every": 0.1,
          },
          "methods": [
            { "name": "TRADES", "objective": "trades", "lambda": [1, 4] },
            { "name": "plain", "objective": "standard" },
          ],
          "seeds": [0, 1],
          "evaluations": [
            { "name": "PGD", "attacks": ["pgd10"], "images": 20 },
            { "attacks": ["apgd-ce"], "steps": 4, "images": 20, "of": "chosen" },
          ],
        }
        """;

    private static readonly string[] Runs =
    [
        "plain-seed0", "plain-seed1", "trades-lambda1-seed0", "trades-lambda1-seed1", "trades-lambda4-seed0", "trades-lambda4-seed1",
    ];

    [Fact]
    public void Killed_begun_again_and_shared_by_two_it_ends_as_if_one_had_done_it_in_one_go()
    {
        using var arow = new Program();
        File.WriteAllText(arow.File("study.json"), Study);

        var plan = arow.Run("compare", "study.json", "--output", "alone", "--dry-run").AssertDone();
        foreach (var run in Runs) Assert.Contains(run, plan.Output);
        Assert.False(Directory.Exists(arow.File("alone")));

        // One seed first; what is complete is left as it is when another is added.
        File.WriteAllText(arow.File("study.json"), Study.Replace("[0, 1]", "[0]"));
        var alone = arow.Run("compare", "study.json", "--output", "alone", "--json").AssertDone();
        Assert.True(alone.Json.GetProperty("complete").GetBoolean());
        // Packed, handed on, and reported without a trace; then gone on with by somebody else.
        var report = arow.Run("compare", "study.json", "--output", "alone", "--report-only", "--pack", "--json").AssertDone();
        Directory.CreateDirectory(arow.File("handed"));
        File.Copy(arow.File("alone/runs.zip"), arow.File("handed/runs.zip"));
        Assert.Equal(report.Json.ToString(),
            arow.Run("compare", "study.json", "--output", "handed", "--report-only", "--json").AssertDone().Json.ToString());
        Assert.False(Directory.Exists(arow.File("handed/runs")));
        var written = File.GetLastWriteTimeUtc(arow.File("alone/runs/plain-seed0/weights.safetensors"));
        File.WriteAllText(arow.File("study.json"), Study);
        arow.Run("compare", "study.json", "--output", "alone").AssertDone();
        Assert.Equal(written, File.GetLastWriteTimeUtc(arow.File("alone/runs/plain-seed0/weights.safetensors")));
        Assert.Equal(Runs, Directory.GetDirectories(arow.File("alone/runs")).Select(Path.GetFileName).Order());

        // Two at a time, killed in the midst of it, then begun again and left to finish.
        using (var first = Start(arow))
        using (var second = Start(arow))
        {
            while (!Directory.Exists(arow.File("shared/runs/trades-lambda1-seed0/checkpoints"))) Thread.Sleep(20);
            first.Kill();
            Thread.Sleep(700);
            second.Kill();
            first.WaitForExit();
            second.WaitForExit();
        }
        var partial = arow.Run("compare", "study.json", "--output", "shared", "--report-only").AssertDone();
        var isPartial = !Json(arow, "shared").GetProperty("complete").GetBoolean();
        Assert.Equal(isPartial, partial.Output.Contains("PARTIAL", StringComparison.Ordinal));
        Assert.Equal(isPartial, File.ReadAllText(arow.File("shared/study.md")).Contains("PARTIAL", StringComparison.Ordinal));
        using (var first = Start(arow))
        using (var second = Start(arow))
        {
            Assert.True(first.WaitForExit(180_000) && second.WaitForExit(180_000));
            Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        }

        var (one, two) = (Json(arow, "alone"), Json(arow, "shared"));
        Assert.True(two.GetProperty("complete").GetBoolean());
        // All but what the trainings took.
        Assert.Equal(Tables(one), Tables(two));
        foreach (var run in Runs)
        {
            Assert.Equal(File.ReadAllBytes(arow.File($"alone/runs/{run}/weights.safetensors")),
                File.ReadAllBytes(arow.File($"shared/runs/{run}/weights.safetensors")));
            // No piece was done twice: each epoch stands in the log once.
            Assert.Equal(2, File.ReadLines(arow.File($"shared/runs/{run}/log.jsonl")).Count());
            Assert.Equal(21, File.ReadLines(arow.File($"shared/runs/{run}/evaluation-pgd/rows.tsv")).Count());
        }
        // Validation chose one of the two values, and only that was attacked again.
        Assert.Equal(4, Runs.Count(run => Directory.Exists(arow.File($"shared/runs/{run}/evaluation-apgd-ce"))));
        foreach (var file in (string[])["study.md", "study.html", "study-trade-off.svg", "tables/methods.tsv", "tables/pairs-pgd.tsv",
            "runs/plain-seed0/report.html"])
            Assert.NotEqual(0, new FileInfo(arow.File($"shared/{file}")).Length);
        Assert.Empty(Directory.GetFiles(arow.File("alone"), "*.tmp", SearchOption.AllDirectories));

        // Handed on without weights, the report can be made again.
        foreach (var run in Runs) File.Delete(arow.File($"shared/runs/{run}/weights.safetensors"));
        arow.Run("compare", "study.json", "--output", "shared", "--report-only").AssertDone();
        Assert.Equal(two.GetProperty("tables").GetRawText(), Json(arow, "shared").GetProperty("tables").GetRawText());

        // Other settings under the same names are refused, all at once, and nothing is touched.
        File.WriteAllText(arow.File("study.json"), Study.Replace("\"epochs\": 2", "\"epochs\": 3").Replace("\"images\": 20", "\"images\": 30"));
        arow.Run("compare", "study.json", "--output", "alone").AssertRefused(
            "epochs 2, not 3", "trades-lambda4-seed1", "evaluation-pgd: was started as", "another evaluation needs another name");
    }

    [Fact]
    public void Ctrl_C_says_how_to_go_on()
    {
        using var arow = new Program();
        File.WriteAllText(arow.File("study.json"), Study.Replace("\"epochs\": 2", "\"epochs\": 500"));
        using var process = arow.Start("compare", "study.json", "--output", "study");
        while (process.StandardError.ReadLine() is { } line && !line.StartsWith("epoch 1:", StringComparison.Ordinal)) continue;
        Program.Send("INT", process);
        var rest = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("the same command resumes", rest);
        Assert.NotEmpty(Directory.GetFiles(arow.File("study/runs/trades-lambda1-seed0/checkpoints")));
    }

    [Fact]
    public void A_run_that_diverges_is_told_and_the_others_are_done()
    {
        using var arow = new Program();
        File.WriteAllText(arow.File("study.json"), """
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 100, "validation": 20, "epochs": 2, "batch-size": 20, "threads": 1, "attack-steps": 1 },
              "methods": [ { "name": "wild", "objective": "arow", "lr": [0.01, 1e30] }, { "name": "plain", "objective": "standard", "lr": 0.01 } ],
              "evaluations": [ { "attacks": ["fgsm"], "images": 20 }, { "name": "more", "attacks": ["pgd10"], "images": 20, "of": "chosen" } ]
            }
            """);
        var outcome = arow.Run("compare", "study.json", "--output", "study");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("FAILED: wild-lr1", outcome.Output);
        Assert.DoesNotContain("PARTIAL", outcome.Output);
        Assert.Contains("diverged", File.ReadAllText(arow.File("study/study.md")));
        Assert.True(File.Exists(arow.File("study/runs/plain-seed0/evaluation-more/summary.json")));
        Assert.True(File.Exists(arow.File("study/runs/wild-lr0.01-seed0/evaluation-more/summary.json")));

        // Half an evaluation that cannot be gone on with, as an older version leaves it, is done anew.
        var measured = arow.File("study/runs/plain-seed0/evaluation-more");
        var rows = File.ReadAllText($"{measured}/rows.tsv");
        foreach (var file in (string[])["rows.tsv", "summary.json"]) File.Delete($"{measured}/{file}");
        File.WriteAllText($"{measured}/journal", "of another time\n");
        arow.Run("compare", "study.json", "--output", "study");
        Assert.Equal(rows, File.ReadAllText($"{measured}/rows.tsv"));
    }

    [Fact]
    public void Every_fault_is_told_before_any_work()
    {
        using var arow = new Program();
        arow.Run("train", "--dataset", "glyphs-colour", "--model", "tiny-cnn", "--limit-train", "40", "--limit-test", "5", "--epochs", "1",
            "--test-attack", "clean",
            "--objective", "standard", "--output", "colour").AssertDone();
        File.WriteAllText(arow.File("study.json"), """
            { "settings": { "dataset": "glyphs" }, "methods": [ { "name": "HAT", "objective": "hat", "helper": "colour" }, { "name": "more", "objective": "arow", "extra-data": "none.npz" } ] }
            """);
        arow.Run("compare", "study.json").AssertRefused("helper colour: takes 3x", "none.npz");
        arow.Run("compare", "nowhere.json").AssertRefused("nowhere.json");
        arow.Run("compare", "study.json", "--report-only", "--output", "nowhere").AssertRefused("nowhere");
        // A training of its own says them all at once too, options and files alike.
        arow.Run("train", "--dataset", "glyphs", "--objective", "hat", "--attack-loss", "none", "--helper", "colour", "--extra-fraction", "2")
            .AssertRefused("attack-loss 'none' is unknown", "helper colour: takes 3x", "extra-fraction 2 is not in [0, 1]",
                "extra-fraction needs extra-data");
        Assert.False(Directory.Exists(arow.File("runs")));
    }

    private static Process Start(Program arow) => arow.StartUnheard("compare", "study.json", "--output", "shared");

    private static IEnumerable<string> Tables(JsonElement study) =>
        study.GetProperty("tables").EnumerateObject().Where(table => table.Name != "time").Select(table => table.ToString());

    private static JsonElement Json(Program arow, string folder) =>
        JsonDocument.Parse(File.ReadAllText(arow.File($"{folder}/study.json"))).RootElement;
}
