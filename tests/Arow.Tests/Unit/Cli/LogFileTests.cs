using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class LogFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("arow-log-").FullName;
    private readonly List<string> warnings = [];

    private string Path => System.IO.Path.Combine(folder, "log");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Lines_have_time_process_and_kind_and_no_signs_of_a_terminal()
    {
        Open().Append("warning", "\x1b[31ma\x1b[0m\r\nb\a");
        var lines = File.ReadAllLines(Path);
        Assert.All(lines, line => Assert.Matches($@"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {Environment.ProcessId} warning  ", line));
        Assert.EndsWith("  a", lines[0]);
        Assert.DoesNotContain('\a', lines[1]);
        Assert.Equal(2, lines.Length);
    }

    /// <summary>As processes do, each opens the file by itself.</summary>
    [Fact]
    public void Lines_of_several_writers_stay_whole()
    {
        const int Writers = 4, Lines = 50;
        File.WriteAllText(Path, "what was there");
        Parallel.For(0, Writers, w =>
        {
            var log = Open();
            for (var i = 0; i < Lines; i++) log.Append("info", $"{w}.{i:00}");
        });
        var lines = File.ReadAllLines(Path);
        // The first line had no end.
        Assert.Equal("what was there", lines[0]);
        Assert.Equal(
            from w in Enumerable.Range(0, Writers) from i in Enumerable.Range(0, Lines) select $"{w}.{i:00}",
            lines.Skip(1).Select(line => line.Split(' ')[^1]).Order(StringComparer.Ordinal));
        Assert.Empty(warnings);
    }

    [Fact]
    public void A_file_that_cannot_be_written_any_more_is_said_once_and_stops_nothing()
    {
        var log = Open();
        log.Append("info", "a");
        File.Delete(Path);
        Directory.CreateDirectory(Path);
        log.Append("info", "b");
        log.Append("info", "c");
        Assert.Contains("lines of the log are lost", Assert.Single(warnings));
    }

    [Theory]
    [InlineData("missing/log", "does not exist")]
    [InlineData(".", "is a folder")]
    public void A_place_that_cannot_be_written_is_refused_before_any_work(string path, string fault) =>
        Assert.Contains(fault, Assert.Throws<InputException>(() => new LogFile(System.IO.Path.Combine(folder, path), warnings.Add)).Message);

    [Fact]
    public void Results_are_logged_line_by_line_and_written_as_they_are()
    {
        using var text = new StringWriter();
        var lines = new List<string>();
        using var output = new LoggedWriter(text, lines.Add);
        output.Write("a");
        output.Write("b\nc");
        output.WriteLine();
        output.Write(['d', '\r', '\n', 'e'], 0, 4);
        Assert.Equal($"ab\nc{Environment.NewLine}d\r\ne", text.ToString());
        Assert.Equal(["ab", "c", "d"], lines);
    }

    private LogFile Open() => new(Path, warnings.Add);
}
