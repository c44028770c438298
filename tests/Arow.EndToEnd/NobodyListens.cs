namespace Arow.EndToEnd;

/// <summary>Standard error on a full disk, or closed: progress and messages are lost, and nothing else.</summary>
public sealed class NobodyListens
{
    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public void The_work_is_done_all_the_same(string redirection)
    {
        using var arow = new Program();
        arow.RunTold(redirection, "train", "--dataset", "glyphs", "--model", "tiny-cnn", "--objective", "standard", "--limit-train", "40",
            "--limit-test", "10",
            "--epochs", "1", "--test-attack", "clean", "--output", "run").AssertDone();
        Assert.True(File.Exists(arow.File("run/report.html")));

        Assert.Equal(2, arow.RunTold(redirection, "train", "--dataset", "nowhere").ExitCode);
    }

    [Fact]
    public void Results_that_cannot_be_written_are_an_error_in_one_line()
    {
        using var arow = new Program();
        var outcome = arow.RunTold(">/dev/full", "data", "verify", "glyphs");
        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("arow: ", Assert.Single(outcome.Error.TrimEnd('\n').Split('\n')));
    }
}
