using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary><c>--quiet</c>, <c>--verbose</c> and <c>--log-file</c>.</summary>
public sealed class SaysAsMuchAsAsked(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ ";

    private readonly Program arow = trained.Arow;

    private static string[] Small =>
        ["--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "60", "--validation", "20", "--limit-test", "20", "--batch-size", "16",
        "--objective", "standard", "--gap-images", "0", "--threads", "1", "--epochs", "2", "--test-attack", "clean"];

    /// <summary>What a terminal obeys and does not show; it begins with the modes of its keys.</summary>
    private const string Controls = @"\x1b(\[[?\d;]*[A-Za-z]|[=>])";

    [Fact]
    public void A_log_file_has_every_line_of_a_terminal_with_its_time_and_without_what_is_redrawn()
    {
        var shown = arow.RunInTerminal(80, ["train", .. Small, "--output", "logged", "--verbose", "--log-file", "log"]).AssertDone().Output;
        var text = File.ReadAllText(arow.File("log"));
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Matches($"^{Time}", line));
        Assert.DoesNotContain('\x1b', text);
        Assert.DoesNotContain('\r', text);
        foreach (var kind in (string[])["begin    arow .*: train --dataset", "detail   libtorch ", "detail   checkpoint: ", "warning  ", "info     model: tiny-cnn",
            "info     epoch 2: ", "result   accuracy ", "end      exit 0$"])
            Assert.Contains(lines, line => Regex.IsMatch(line, $"^{Time}{kind}"));
        // Nothing is logged that the terminal did not show, but for its beginning, its end and occasional progress.
        var words = Regex.Replace(shown, $@"{Controls}|\s", "");
        foreach (var line in lines.Where(line => !Regex.IsMatch(line, $"^{Time}(begin|end|progress) ")))
            Assert.Contains(Regex.Replace(Regex.Replace(line, $@"^{Time}\w+", ""), @"\s", ""), words);
        // Every line, of results too, is as wide as the terminal at most, but for one word that is wider, such as a path.
        Assert.All(shown.Split('\n', '\r').Select(line => Regex.Replace(line, Controls, "")),
            line => Assert.True(line.Length < 80 || !line.Trim().Contains(' '), line));

        // A fault is appended.
        arow.Run("evaluate", "nothing", "--log-file", "log").AssertRefused("nothing: no such run folder");
        var appended = File.ReadAllText(arow.File("log"));
        Assert.StartsWith(text, appended);
        Assert.Matches($"(?m)^{Time}error    arow: nothing: no such", appended);
        Assert.EndsWith("exit 2\n", appended);
    }

    [Fact]
    public void Quiet_commands_say_their_results_alone()
    {
        foreach (var command in (string[][])[
            ["train", .. Small, "--output", "quiet"], ["evaluate", "run", "--attack", "fgsm", "--limit", "20", "--fail-under", "0"]])
        {
            var outcome = arow.Run([.. command, "--quiet"]).AssertDone();
            Assert.Equal("", outcome.Error);
            Assert.Matches("(?m)^(robust )?accuracy ", outcome.Output);
        }
        var failed = arow.Run("evaluate", "run", "--attack", "fgsm", "--limit", "20", "--fail-under", "1", "-q", "--output", "other");
        Assert.Equal(3, failed.ExitCode);
        Assert.Matches(@"^arow: robust accuracy is .*: under --fail-under 1\n$", failed.Error);
    }

    [Fact]
    public void Both_at_once_are_refused() => arow.Run("evaluate", "run", "-q", "-v").AssertRefused("--quiet and --verbose exclude each other");

    /// <summary>Folders and archives of strangers have names that a terminal would obey.</summary>
    [Fact]
    public void Names_of_classes_and_files_are_shown_and_not_obeyed()
    {
        string[] classes = ["a\nWARNING: b", "c\u001b[31mred\a"];
        foreach (var (k, name) in classes.Index())
        {
            Directory.CreateDirectory(arow.File($"strange/{name}"));
            for (var i = 0; i < 8; i++) File.WriteAllBytes(arow.File($"strange/{name}/{i}\u001b[2J\n.bmp"), Bmp((byte)(16 * i + k)));
        }
        foreach (var command in (string[][])[
            ["train", "--dataset", "folder", "--data-dir", "strange", "--model", "tiny-cnn", "--epochs", "1", "--objective", "standard",
                "--output", "stranger", "--threads", "1", "--test-attack", "clean"],
            ["evaluate", "stranger", "--attack", "fgsm", "--threads", "1"],
            ["analyze", "stranger", "--landscape", "0", "--threads", "1"],
            ["predict", "stranger", "strange", "--threads", "1"],
            ["data", "verify", "folder", "--data-dir", "strange"]])
        {
            var outcome = arow.Run(command).AssertDone();
            Assert.DoesNotMatch(@"[\x00-\x09\x0b-\x1f]|(?m)^WARNING: b", outcome.Output + outcome.Error);
            Assert.Contains(@"c\u001b[31mred\u0007", outcome.Output + outcome.Error);
        }
        Assert.All(Directory.GetFiles(arow.File("stranger"), "*.md", SearchOption.AllDirectories),
            file => Assert.DoesNotMatch(@"[\x00-\x09\x0b-\x1f]", File.ReadAllText(file)));
    }

    /// <summary>32 x 32 pixels of one colour.</summary>
    private static byte[] Bmp(byte grey) =>
    [
        (byte)'B', (byte)'M', 54, 12, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 32, 0, 0, 0, 32, 0, 0, 0, 1, 0, 24, 0, .. new byte[24],
        .. Enumerable.Repeat(grey, 3 * 32 * 32),
    ];
}
