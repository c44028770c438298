using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary>What the program says while it works, and how it looks on a terminal.</summary>
public sealed class OnTheTerminal
{
    private static readonly string[] Small =
        ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "60", "--validation", "20", "--limit-test", "20", "--batch-size", "16",
        "--objective", "pgd-at", "--attack-steps", "1", "--gap-images", "0", "--threads", "1"];

    [Fact]
    public void A_dry_run_says_what_would_be_trained_and_how_long_it_takes_and_writes_nothing()
    {
        using var arow = new Program();
        var output = arow.Run(["train", .. Small, "--epochs", "2", "--dry-run"]).AssertDone().Output;
        foreach (var line in (string[])[
            @"model: tiny-cnn, [\d,]+ parameters; images of \S+", @"images: 40 to train, 20 to select; 10 classes: \S+",
            "objective: pgd-at; linf 8/255, 1 attack step$",
            "steps: 3 an epoch, 6 in 2 epochs; 16 images in a step", "machine: cpu, 1 thread, precision auto", @"a step takes [\d,]+ ms",
            @"time: about \d+:\d\d for 2 epochs, to the end about \d{4}-\d\d-\d\d \d\d:\d\d"])
            Assert.Matches($"(?m)^{line}", output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(arow.Folder));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80, Explicit = true)]
    [InlineData(120, Explicit = true)]
    public void Progress_fits_and_the_number_that_matters_stands_out(int columns)
    {
        using var arow = new Program();
        var output = arow.RunInTerminal(columns, ["train", .. Small, "--epochs", "8", "--test-attack", "fgsm", "--output", "run"]).AssertDone().Output;
        // A headline that is wider than the terminal is broken between words, each line of it in colour.
        var headline = string.Join(' ', Regex.Matches(output, @"\x1b\[1;36m([^\x1b]*)\x1b\[0m").Select(m => m.Groups[1].Value));
        Assert.Matches("^robust accuracy .* under linf 8/255; clean [0-9.]+ %$", headline);
        Assert.Contains("model: tiny-cnn", output);
        // A drawn line leaves room for the ^C of a terminal.
        foreach (var drawn in output.Split('\r', '\n').Where(line => line.Contains(" images/s  ", StringComparison.Ordinal)))
            Assert.True(Regex.Replace(drawn, @"\x1b(\[[\d;?]*[A-Za-z]|=)", "").Length < columns - 2, drawn);
        foreach (var line in output.Split('\r', '\n'))
            Assert.True(Regex.Replace(line, @"\x1b(\[[\d;?]*[A-Za-z]|=)", "").Length <= columns, line);
    }

    [Fact]
    public void Without_colour_where_it_is_not_wanted_and_a_gate_says_that_it_was_passed()
    {
        using var arow = new Program();
        arow.Environment["NO_COLOR"] = "1";
        // Trained enough not to give every image the same class.
        string[] learned =
            ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "400", "--validation", "40", "--limit-test", "20", "--batch-size", "16",
            "--objective", "standard", "--gap-images", "0", "--threads", "1", "--epochs", "5"];
        var trained = arow.RunInTerminal(80, ["train", .. learned, "--test-attack", "clean", "--output", "run"]).AssertDone();
        Assert.Matches(@"(?m)^accuracy .*; no attack was tried", trained.Output);
        Assert.DoesNotContain("\x1b[1;36m", trained.Output);
        var passed = arow.Run("evaluate", "run", "--attack", "fgsm", "--epsilon", "0.5/255", "--limit", "20", "--fail-under", "0");
        Assert.Matches("(?m)^passed: robust accuracy is .* not under --fail-under 0", passed.AssertDone().Error);
        Assert.Matches("(?m)^robust accuracy ", passed.Output);
    }

    [Fact]
    public void A_stop_is_acknowledged_at_once()
    {
        using var arow = new Program();
        using var process = arow.Start(["train", .. Small, "--epochs", "100000", "--output", "run"]);
        var told = "";
        while (!told.Contains("epoch 1:", StringComparison.Ordinal)) told += process.StandardError.ReadLine() + "\n";
        Program.Send("TERM", process);
        told = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(143, process.ExitCode);
        Assert.Matches(@"(?s)^(.*\n)?arow: stopping after this step \.\.\..*\narow: stopped; the run is saved; 'arow train --output run --resume' resumes\n$", told);
    }
}
