using System.Diagnostics;

namespace Arow.EndToEnd;

public sealed class KilledAndResumed
{
    private static string[] Run(int epochs) =>
    [
        "train", "--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "500", "--limit-test", "20",
        "--epochs", $"{epochs}", "--batch-size", "20", "--attack-steps", "3", "--swa-start", "2", "--checkpoint-every", "0.02", "--threads", "1",
    ];

    [Fact]
    public void Weights_are_bit_for_bit_those_of_a_run_that_was_never_stopped()
    {
        using var arow = new Program();
        var clock = Stopwatch.StartNew();
        arow.Run([.. Run(epochs: 3), "--output", "straight"]).AssertDone();
        var whole = clock.Elapsed;

        // Killed at moments all over the run, from before its folder is there to its last evaluation.
        var random = new Random(1);
        var (kills, ended) = (0, false);
        while (!ended)
        {
            using var process = arow.StartUnheard([.. Run(epochs: 3), "--output", "killed", "--resume"]);
            var patience = kills < 6 ? whole * (0.1 + 0.5 * random.NextDouble()) : whole * 3;
            ended = process.WaitForExit(patience);
            if (ended) Assert.Equal(0, process.ExitCode);
            else
            {
                process.Kill();
                process.WaitForExit();
                kills++;
            }
            Assert.True(kills < 12, "the run does not get anywhere");
        }

        Assert.True(kills >= 2);
        Assert.Equal(File.ReadAllBytes(arow.File("straight/weights.safetensors")), File.ReadAllBytes(arow.File("killed/weights.safetensors")));
        Assert.Equal(File.ReadAllText(arow.File("straight/evaluation/rows.tsv")), File.ReadAllText(arow.File("killed/evaluation/rows.tsv")));
        Assert.Equal(3, File.ReadLines(arow.File("killed/log.jsonl")).Count());
    }

    [Fact]
    public void A_quickstart_that_is_stopped_says_what_stays()
    {
        using var arow = new Program();
        using var process = arow.Start(["quickstart", "--output", "first"]);
        while (process.StandardOutput.ReadLine() is { } line && line != "standard:") continue;
        Program.Send("INT", process);
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("are kept in first", said);
        Assert.False(File.Exists(arow.File("first/report.html")));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_ends_the_step_saves_and_says_so(string signal, int code)
    {
        using var arow = new Program();
        using var process = arow.Start([.. Run(epochs: 500), "--output", "run"]);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        // The first epoch's line says that training is under way.
        while (process.StandardError.ReadLine() is { } line && !line.StartsWith("epoch 1:", StringComparison.Ordinal)) continue;
        Program.Send(signal, process);
        var rest = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(code, process.ExitCode);
        Assert.Equal("", await output);
        Assert.Contains("--resume", rest);
        Assert.NotEmpty(Directory.GetFiles(arow.File("run/checkpoints")));
        Assert.Empty(Directory.GetFiles(arow.Folder, "*.tmp", SearchOption.AllDirectories));
    }
}
