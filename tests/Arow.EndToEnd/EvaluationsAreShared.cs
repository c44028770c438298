using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary>
/// Several processes evaluate in one folder, come late, are killed, and leave what one leaves. <c>.ci/cluster</c> takes explicit rows.
/// </summary>
[Trait("kind", "cluster")]
public sealed partial class EvaluationsAreShared(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    /// <summary>With published randomness, whose draws depend on which images are in a batch.</summary>
    private static string[] Evaluate(string output, params string[] more) =>
        ["evaluate", "run", "--attack", "pgd20,pgd100", "--limit", "60", "--batch-size", "6", "--threads", "1", "--quantize",
            "--randomness", "published", "--output", output, .. more];

    /// <summary>Tables, curves and the loss around images: every file but the version that one process may have written.</summary>
    private static string[] Analyze(string output, params string[] more) =>
        ["analyze", "run", "--limit", "60", "--batch-size", "5", "--landscape", "12", "--attack", "pgd20", "--epsilons", "0,4/255", "--steps", "1,2",
            "--threads", "1", "--output", output, .. more];

    /// <summary>Of four blocks, with a damaged picture.</summary>
    private static string[] Predict(string output, params string[] more) =>
        ["predict", "run", "many.npy", "damaged.png", "--batch-size", "256", "--withstands", "0.02", "--json", "--threads", "1", "--output", output, .. more];

    [Theory]
    [InlineData("evaluate")]
    [InlineData("analyze", Explicit = true)]
    [InlineData("predict", Explicit = true)]
    public void Three_that_are_killed_at_any_moment_leave_what_one_leaves(string name)
    {
        Func<string, string[], string[]> command = name switch { "evaluate" => Evaluate, "analyze" => Analyze, _ => Predict };
        var exitCode = name == "predict" ? 1 : 0;
        if (name == "predict") MakePictures();
        var clock = Stopwatch.StartNew();
        Assert.Equal(exitCode, arow.Run(command($"{name}-alone", [])).ExitCode);
        var usual = clock.Elapsed;

        var random = new Random(24);
        var running = new List<Process>();
        for (var kill = 0; kill < 4; kill++)
        {
            while (running.Count < 3) running.Add(Start());
            var one = running[random.Next(running.Count)];
            one.WaitForExit(0.6 * random.NextDouble() * usual);
            one.Kill();
            one.WaitForExit();
            one.Dispose();
            running.Remove(one);
        }
        while (running.Count < 3) running.Add(Start());
        foreach (var process in running)
        {
            Assert.True(process.WaitForExit(120_000), "it does not come to an end");
            Assert.Equal(exitCode, process.ExitCode);
            process.Dispose();
        }
        if (name == "evaluate") AssertSame($"{name}-alone", $"{name}-shared");
        else if (name == "predict") AssertSameBytes("predict-alone", "predict-shared");
        else
        {
            string[] files = [.. Directory.GetFiles(arow.File("analyze-alone")).Select(file => Path.GetFileName(file)).Order()];
            Assert.Equal(files, Directory.GetFiles(arow.File("analyze-shared")).Select(file => Path.GetFileName(file)).Order());
            Assert.All(files, file => AssertSameBytes($"analyze-alone/{file}", $"analyze-shared/{file}"));
        }
        // Whoever comes after all is done finds it so.
        Assert.Equal(exitCode, arow.Run(command($"{name}-shared", ["--resume"])).ExitCode);

        Process Start() => arow.StartUnheard(command($"{name}-shared", ["--resume"]));
    }

    [Fact]
    public void What_is_begun_is_resumed_by_the_same_command_only()
    {
        File.WriteAllText(arow.File("list.txt"), "damaged.png\n");
        File.WriteAllText(arow.File("damaged.png"), "");
        string[] predict = ["predict", "run", "--from-file", "list.txt", "--output", "begun.txt"];
        Assert.Equal(1, arow.Run([.. predict, "--resume"]).ExitCode);
        arow.Run([.. predict, "--resume", "--top", "1"]).AssertRefused("begun.txt.work", "top 3, not 1");
        Assert.Contains("begun.txt is complete already", arow.Run([.. predict, "--resume"]).Error);
        File.Delete(arow.File("begun.txt.work/done"));
        arow.Run(predict).AssertRefused("begun.txt.work contains incomplete work; resume it with --resume");
        arow.Run("predict", "run", "damaged.png", "--resume").AssertRefused("--resume needs --output");
        arow.Run("predict", "run", "--from-file", "-", "--resume", "--output", "x").AssertRefused("standard input cannot be read again");
        Directory.CreateDirectory(arow.File("taken.work"));
        File.WriteAllText(arow.File("taken.work/letter"), "");
        arow.Run("analyze", "run", "--resume", "--output", "taken").AssertRefused("taken.work is not empty and contains no journal");
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
        arow.Run([.. command, "--resume", "--seed", "1"]).AssertRefused("another process is at work here", "seed 0, not 1");
        arow.Run(command).AssertRefused("late", "--resume");
        var second = arow.Run([.. command, "--resume"]).AssertDone();
        await first.WaitForExitAsync(cancellation);
        Assert.Equal((0, ""), (first.ExitCode, first.HasExited ? "" : await firstError));
        Assert.Contains("another process is at work here: each computes batches that no other has", second.Error);
        // Both tell the same results; one of them has written them.
        Assert.Equal(Headline(await firstOutput), Headline(second.Output));
        Assert.Single([await firstOutput, second.Output], output => output.Contains("by the process that ended first", StringComparison.Ordinal));
        Assert.NotEqual(0, new FileInfo(arow.File("late/report.html")).Length);

        static string Headline(string output) => output.Split('\n').Single(line => line.Contains("robust", StringComparison.Ordinal)
            && line.Contains("clean", StringComparison.Ordinal) && line.Contains('%', StringComparison.Ordinal));
    }

    /// <summary>Random pixels as an array of NumPy, and a file that is no picture.</summary>
    private void MakePictures()
    {
        const int Count = 1000;
        var pixels = new byte[Count * 28 * 28];
        new Random(1).NextBytes(pixels);
        var header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({Count}, 28, 28), }}".PadRight(117) + '\n';
        File.WriteAllBytes(arow.File("many.npy"), [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(letter => (byte)letter), .. pixels]);
        File.WriteAllText(arow.File("damaged.png"), "");
    }

    private void AssertSameBytes(string one, string other) =>
        Assert.True(File.ReadAllBytes(arow.File(one)).AsSpan().SequenceEqual(File.ReadAllBytes(arow.File(other))), $"{one} is not {other}");

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
