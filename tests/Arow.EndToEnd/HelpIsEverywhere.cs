using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

public sealed class HelpIsEverywhere
{
    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("serve")]
    [InlineData("export")]
    [InlineData("analyze")]
    [InlineData("compare-evaluations")]
    [InlineData("report")]
    [InlineData("quickstart")]
    [InlineData("data")]
    [InlineData("data list")]
    [InlineData("data fetch")]
    [InlineData("data verify")]
    [InlineData("data preview")]
    public void With_the_command_and_without_libtorch(string command)
    {
        using var arow = new Program();
        // A folder without libtorch: whatever loaded it would fail.
        arow.Environment["AROW_LIBTORCH"] = arow.Folder;
        var outcome = arow.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).AssertDone();
        Assert.Contains("Usage:", outcome.Output);
        Assert.Equal("", outcome.Error);
        Assert.Contains("arow", outcome.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("data")]
    [InlineData("help")]
    [InlineData("help data fetch")]
    public void Without_asking_for_it_by_an_option(string command)
    {
        using var arow = new Program();
        var outcome = arow.Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries)).AssertDone();
        Assert.Contains("Usage: arow", outcome.Output);
        Assert.Equal("", outcome.Error);
    }

    /// <summary>As wide as the terminal, which a pseudo-terminal is to the program.</summary>
    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void As_wide_as_the_terminal(int columns)
    {
        using var arow = new Program();
        var lines = arow.RunInTerminal(columns, "train", "--help").AssertDone().Output.TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd('\r').Length < columns, line));
        Assert.True(lines.Max(line => line.TrimEnd('\r').Length) > columns - 12);
    }

    [Fact]
    public void The_version_command_tells_what_a_report_of_a_fault_needs()
    {
        using var arow = new Program();
        var output = arow.Run("version").AssertDone().Output;
        foreach (var name in (string[])["arow", ".NET", "libtorch", "processor", "instructions"])
            Assert.Matches($@"(?m)^{Regex.Escape(name)} +\S", output);
    }

    [Fact]
    public void The_loader_of_Linux_opens_nothing_of_libtorch_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the C library's LD_DEBUG tells what is opened");
        Assert.Empty(Opened("--help"));
        Assert.NotEmpty(Opened("data", "verify", "glyphs"));

        static List<string> Opened(params string[] arguments)
        {
            using var arow = new Program();
            arow.Environment["LD_DEBUG"] = "files";
            arow.Environment["LD_DEBUG_OUTPUT"] = arow.File("opened");
            arow.Run(arguments).AssertDone();
            var files = Directory.GetFiles(arow.Folder, "opened.*").SelectMany(File.ReadAllLines)
                .SelectMany(line => Regex.Matches(line, @"file=(\S+)")).Select(match => Path.GetFileName(match.Groups[1].Value)).ToHashSet();
            Assert.Contains("libcoreclr.so", files);
            return [.. files.Where(file =>
                file.Contains("torch", StringComparison.OrdinalIgnoreCase) || file.StartsWith("libc10", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public void A_missing_libtorch_is_one_sentence()
    {
        using var arow = new Program();
        arow.Environment["AROW_LIBTORCH"] = arow.File("nowhere");
        var outcome = arow.Run("train", "--dataset", "glyphs", "--output", "run");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("AROW_LIBTORCH is set to", Assert.Single(outcome.Error.TrimEnd('\n').Split('\n')));
        Assert.False(Directory.Exists(arow.File("run")));
    }
}
