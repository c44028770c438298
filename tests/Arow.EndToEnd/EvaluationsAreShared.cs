using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary>Several processes evaluate in one folder, come late, are killed, and leave what one leaves.</summary>
public sealed partial class EvaluationsAreShared(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    /// <summary>With published randomness, whose draws depend on which images are in a batch.</summary>
    private static string[] Evaluate(string output, params string[] more) =>
        ["evaluate", "run", "--attack", "pgd20,pgd100", "--limit", "60", "--batch-size", "6", "--threads", "1", "--quantize",
            "--randomness", "published", "--output", output, .. more];

    [Fact]
    public void Three_that_are_killed_at_any_moment_leave_what_one_leaves()
    {
        var clock = Stopwatch.StartNew();
        arow.Run(Evaluate("alone")).AssertDone();
        var usual = clock.Elapsed;

        var dice = new Random(24);
        var running = new List<Process>();
        for (var kill = 0; kill < 4; kill++)
        {
            while (running.Count < 3) running.Add(Start());
            var one = running[dice.Next(running.Count)];
            one.WaitForExit(0.6 * dice.NextDouble() * usual);
            one.Kill();
            one.WaitForExit();
            one.Dispose();
            running.Remove(one);
        }
        while (running.Count < 3) running.Add(Start());
        foreach (var process in running)
        {
            Assert.True(process.WaitForExit(120_000), "it does not come to an end");
            Assert.Equal(0, process.ExitCode);
            process.Dispose();
        }
        AssertSame("alone", "shared");

        Process Start() => arow.StartUnheard(Evaluate("shared", "--resume"));
    }

    [Fact]
    public async Task One_that_comes_late_says_so_and_does_a_part()
    {
        var cancellation = TestContext.Current.CancellationToken;
        string[] command = ["evaluate", "run", "--attack", "pgd100", "--limit", "40", "--batch-size", "4", "--steps", "400", "--threads", "1",
            "--output", "late"];
        using var first = arow.Start(command);
        var (firstOutput, firstError) = (first.StandardOutput.ReadToEndAsync(cancellation), first.StandardError.ReadToEndAsync(cancellation));
        while (!File.Exists(arow.File("late/journal")) && !first.HasExited) await Task.Delay(2, cancellation);
        arow.Run([.. command, "--resume", "--seed", "1"]).AssertRefused("another process is evaluating here", "seed 0, not 1");
        arow.Run(command).AssertRefused("late", "--resume");
        var second = arow.Run([.. command, "--resume"]).AssertDone();
        await first.WaitForExitAsync(cancellation);
        Assert.Equal((0, ""), (first.ExitCode, first.HasExited ? "" : await firstError));
        Assert.Contains("another process is evaluating here: each computes batches that no other has", second.Error);
        // Both tell the same results; one of them has written them.
        Assert.Equal(Headline(await firstOutput), Headline(second.Output));
        Assert.Single([await firstOutput, second.Output], output => output.Contains("by the process that ended first", StringComparison.Ordinal));
        Assert.NotEqual(0, new FileInfo(arow.File("late/report.html")).Length);

        static string Headline(string output) => output.Split('\n').Single(line => line.Contains("robust", StringComparison.Ordinal)
            && line.Contains("clean", StringComparison.Ordinal) && line.Contains('%', StringComparison.Ordinal));
    }

    private void AssertSame(string one, string other)
    {
        Assert.Equal(File.ReadAllBytes(arow.File($"{one}/rows.tsv")), File.ReadAllBytes(arow.File($"{other}/rows.tsv")));
        Assert.Equal(Timeless(one), Timeless(other));
        Assert.Equal(Names(one), Names(other));

        // All but the seconds and the name of the folder.
        string Timeless(string folder) =>
            Seconds().Replace(File.ReadAllText(arow.File($"{folder}/summary.json")).Replace($"{folder}/", "", StringComparison.Ordinal), "");

        string[] Names(string folder) => [.. Directory.GetFileSystemEntries(arow.File(folder)).Select(entry => Path.GetFileName(entry)).Order()];
    }

    [GeneratedRegex("\"seconds\": [0-9.E+-]+")]
    private static partial Regex Seconds();
}
