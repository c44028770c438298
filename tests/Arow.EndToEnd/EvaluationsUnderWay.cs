using System.Diagnostics;

namespace Arow.EndToEnd;

/// <summary>Evaluations that are killed, stopped, gone on with, ended early, gated and compared.</summary>
public sealed class EvaluationsUnderWay(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    private static string[] Evaluate(string output, params string[] more) =>
        ["evaluate", "run", "--attack", "pgd20,pgd100", "--limit", "60", "--batch-size", "6", "--threads", "1", "--quantize", "--output", output,
            .. more];

    [Theory]
    [InlineData("keyed")]
    [InlineData("published")]
    public void Killed_at_any_moment_it_ends_with_the_same_rows(string randomness)
    {
        var (straight, killed) = ($"straight-{randomness}", $"killed-{randomness}");
        var clock = Stopwatch.StartNew();
        var whole = arow.Run(Evaluate(straight, "--randomness", randomness, "--json")).AssertDone();
        var patience = clock.Elapsed;

        var random = new Random(randomness.Length);
        var journal = arow.File($"{killed}/journal");
        for (var kill = 0; kill < 2; kill++)
        {
            using var process = arow.StartUnheard(Evaluate(killed, "--randomness", randomness, "--resume"));
            // Not before something more is done, so that it gets somewhere; then whenever.
            var known = Length();
            while (Length() <= known && !process.HasExited) Thread.Sleep(2);
            process.WaitForExit(patience * (0.1 * random.NextDouble()));
            process.Kill();
            process.WaitForExit();
        }
        Assert.False(File.Exists(arow.File($"{killed}/summary.json")), "it was killed too late to prove anything");
        arow.Run(Evaluate(killed, "--randomness", randomness)).AssertRefused("incomplete evaluation", "--resume");
        arow.Run(Evaluate(killed, "--randomness", randomness, "--resume", "--seed", "1")).AssertRefused("other options", "seed 0, not 1");
        // As a process that was killed while it wrote leaves it.
        using (var torn = File.AppendText(journal)) torn.Write("0123456789abcdef {\"stage\":");

        var resumed = arow.Run(Evaluate(killed, "--randomness", randomness, "--resume", "--json")).AssertDone();
        Assert.Equal(File.ReadAllBytes(arow.File($"{straight}/rows.tsv")), File.ReadAllBytes(arow.File($"{killed}/rows.tsv")));
        foreach (var same in (string[])["n", "clean_accuracy", "robust_accuracy", "quantized", "classes", "findings"])
            Assert.Equal(whole.Json.GetProperty(same).GetRawText(), resumed.Json.GetProperty(same).GetRawText());
        Assert.Equal(whole.Json.GetProperty("attacks")[1].GetProperty("broken").GetInt32(),
            resumed.Json.GetProperty("attacks")[1].GetProperty("broken").GetInt32());

        long Length() => File.Exists(journal) ? new FileInfo(journal).Length : 0;
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_stops_within_a_batch_and_says_how_to_go_on(string signal, int code)
    {
        var output = $"stopped by {signal}";
        // One batch of many minutes: a stop between batches would not do.
        string[] command = ["evaluate", "run", "--attack", "pgd100", "--limit", "60", "--steps", "100000", "--threads", "1", "--output", output];
        using var process = arow.Start(command);
        // The first line alone is shorter: then the images as they are have been looked at.
        var journal = new FileInfo(arow.File($"{output}/journal"));
        for (var wait = 0; wait < 6000 && !(journal.Exists && journal.Length > 2000); wait++, journal.Refresh()) Thread.Sleep(10);
        Program.Send(signal, process);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(code, process.ExitCode);
        Assert.Contains($"arow evaluate run --attack pgd100 --limit 60 --steps 100000 --threads 1 --output '{output}' --resume", error);
        Assert.DoesNotContain("   at ", error);
    }

    [Fact]
    public void Gates_and_early_ends()
    {
        string[] small = ["evaluate", "run", "--attack", "fgsm,pgd20", "--limit", "60", "--batch-size", "10"];
        var passed = arow.Run([.. small, "--output", "gate", "--fail-under", "0", "--json"]).AssertDone();
        var low = passed.Json.GetProperty("robust_interval")[0].GetDouble();
        Assert.InRange(low, 0.001, 0.9);

        var failed = arow.Run([.. small, "--output", "gate", "--fail-under", $"{low + 0.01:f4}", "--json"]);
        Assert.Equal(3, failed.ExitCode);
        Assert.Contains("under --fail-under",
            Assert.Single(failed.Error.TrimEnd('\n').Split('\n'), line => line.StartsWith("arow: ", StringComparison.Ordinal)));
        Assert.Equal(passed.Json.GetProperty("robust_accuracy").GetDouble(), failed.Json.GetProperty("robust_accuracy").GetDouble());

        var early = arow.Run([.. small, "--output", "early", "--stop-below", "0.95", "--json"]).AssertDone();
        Assert.Contains("ended early", early.Json.GetProperty("ended_early").GetString());
        Assert.Contains("ENDED EARLY", File.ReadAllText(arow.File("early/report.md")));
        Assert.True(early.Json.GetProperty("robust_interval")[1].GetDouble() < 0.95);
        // Asked again without the bound, it goes on to the end.
        var ended = arow.Run([.. small, "--output", "early", "--resume", "--json"]).AssertDone();
        Assert.Equal(System.Text.Json.JsonValueKind.Null, ended.Json.GetProperty("ended_early").ValueKind);
        Assert.Equal(File.ReadAllBytes(arow.File("gate/rows.tsv")), File.ReadAllBytes(arow.File("early/rows.tsv")));

        // Two evaluations of the same images, in pairs.
        arow.Run("evaluate", "run", "--attack", "clean", "--limit", "60", "--output", "clean").AssertDone();
        var compared = arow.Run("compare-evaluations", "gate", "clean", "--json").AssertDone();
        var robust = compared.Json.GetProperty("robust");
        Assert.Equal(60, compared.Json.GetProperty("n").GetInt32());
        Assert.Equal(0, robust.GetProperty("only_a").GetInt32());
        Assert.Equal(Rows("clean") - Rows("gate"), robust.GetProperty("only_b").GetInt32());
        Assert.Equal(Math.Pow(2, 1 - robust.GetProperty("only_b").GetInt32()), robust.GetProperty("p_value").GetDouble(), 1e-12);
        Assert.True(compared.Json.GetProperty("differ").GetBoolean());
        Assert.Equal(1, compared.Json.GetProperty("clean").GetProperty("p_value").GetDouble());
        Assert.Contains("B is better", compared.Output);
        Assert.Contains("attacks, fgsm, pgd20 in A and no attack in B", compared.Output);
        arow.Run("compare-evaluations", "gate", "clean", "--output", "compared").AssertDone();
        Assert.Contains("B is better", File.ReadAllText(arow.File("compared/report.md")));
        arow.Run("compare-evaluations", "gate", "clean", "--output", "clean").AssertRefused("report would be lost");
        arow.Run("evaluate", "run", "--attack", "clean", "--limit", "61", "--output", "more").AssertDone();

        // All of them in one place; what was not evaluated alike has its own table.
        File.WriteAllText(arow.File("early/summary.json"), "{");
        var listed = arow.Run("report", ".", "--output", "site", "--json").AssertDone();
        var boards = listed.Json.GetProperty("leaderboards").EnumerateArray().Select(board => string.Join(' ',
            board.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("folder").GetString()))).ToList();
        Assert.Contains("gate", boards);
        Assert.Contains("clean", boards);
        Assert.Contains("more", boards);
        Assert.Contains("passed over: ./early", listed.Error);
        Assert.All((string[])["index.html", "index.md", "leaderboard.csv", "leaderboard.tex"], name => Assert.True(File.Exists(arow.File($"site/{name}"))));
        File.WriteAllText(arow.File("site/index.html"), "mine");
        arow.Run("report", ".", "--output", "site").AssertRefused("that arow did not write");
        arow.Run("report", "compared").AssertRefused("contains no run and no evaluation that can be read");
        arow.Run("report", "nowhere").AssertRefused("no such folder");
        arow.Run("compare-evaluations", "gate", "more").AssertRefused("different images", "only in the second");
        arow.Run("compare-evaluations", "gate", "nowhere").AssertRefused("nowhere", "no such folder");
        arow.Run("compare-evaluations", "gate", "run").AssertRefused("summary.json is missing");

        // The same rows, said to be of data whose first two classes have each other's place.
        Directory.CreateDirectory(arow.File("turned"));
        foreach (var file in Directory.GetFiles(arow.File("gate"))) File.Copy(file, arow.File($"turned/{Path.GetFileName(file)}"));
        var summary = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(arow.File("turned/summary.json")))!;
        summary["subject"]!["data_sha256"] = new string('0', 64);
        var classes = summary["classes"]!.AsArray();
        (classes[0]!["name"], classes[1]!["name"]) = ($"{classes[1]!["name"]}", $"{classes[0]!["name"]}");
        File.WriteAllText(arow.File("turned/summary.json"), summary.ToJsonString());
        arow.Run("compare-evaluations", "gate", "turned")
            .AssertRefused("use data with the same class names in another order", "in A and", "cannot be paired");

        int Rows(string folder) => File.ReadLines(arow.File($"{folder}/rows.tsv")).Count(line => line.Split('\t')[4] == "1");
    }

    [Fact]
    public void Whether_attacks_look_at_the_network_or_its_folded_form_is_all_the_same()
    {
        string[] Verdicts(string form)
        {
            var summary = arow.Run(
                "evaluate", "run", "--attack", "autoattack", "--steps", "20", "--queries", "200", "--targets", "3", "--limit", "40",
                "--epsilon", "0.1", "--precision", form, "--output", form, "--json").AssertDone().Json;
            Assert.Equal(form, summary.GetProperty("subject").GetProperty("precision").GetString());
            // All but the last digits of margin and norm.
            return [.. File.ReadLines(arow.File($"{form}/rows.tsv")).Select(row => string.Join(' ', row.Split('\t')[..6]))];
        }
        var exact = Verdicts("exact");
        Assert.Equal(exact, Verdicts("fast"));
        Assert.Contains(exact, row => row.EndsWith("apgd-ce", StringComparison.Ordinal));
        // Auto is fast, but not where published code is to be followed.
        foreach (var (randomness, chosen) in new[] { ("keyed", "fast"), ("published", "exact") })
        {
            arow.Run("evaluate", "run", "--attack", "fgsm", "--limit", "5", "--randomness", randomness, "--output", randomness).AssertDone();
            Assert.Contains($"\"precision\": \"{chosen}\"", File.ReadAllText(arow.File($"{randomness}/summary.json")));
        }
    }
}
