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
}
