using System.Text.Json;

namespace Arow.EndToEnd;

/// <summary><c>arow predict</c>: a line a picture, on a network that was trained here.</summary>
public sealed class PredictsPictures(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private Program Arow => trained.Arow;

    [Fact]
    public void Files_folders_and_lists_become_lines_and_a_damaged_one_does_not_stop_the_others()
    {
        // Any picture will do: sheets of digits.
        Directory.CreateDirectory(Arow.File("in/deep"));
        Arow.Run("data", "preview", "glyphs", "--output", "in/a.png").AssertDone();
        File.Copy(Arow.File("in/a.png"), Arow.File("in/deep/b.png"));
        File.WriteAllBytes(Arow.File("in/cut.png"), File.ReadAllBytes(Arow.File("in/a.png"))[..200]);
        File.WriteAllText(Arow.File("in/list.txt"), "in/a.png\n\nin/gone.png\n");

        var outcome = Arow.Run("predict", "run", "in", "in/a.png", "--from-file", "in/list.txt", "--json", "--top", "2", "--withstands", "0.02");
        Assert.Equal(1, outcome.ExitCode);
        var lines = outcome.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["in/a.png", "in/cut.png", "in/deep/b.png", "in/a.png", "in/a.png", "in/gone.png"],
            lines.Select(l => l.GetProperty("path").GetString()));
        Assert.Equal("cannot be read: it does not exist", lines[5].GetProperty("error").GetString());
        Assert.False(lines[1].TryGetProperty("class", out _));
        foreach (var i in (int[])[0, 2, 3, 4])
        {
            Assert.InRange(int.Parse(lines[i].GetProperty("class").GetString()!), 0, 9);
            Assert.Equal(lines[0].GetProperty("confidence").GetDouble(), lines[i].GetProperty("confidence").GetDouble(), 1e-5);
            Assert.Equal(2, lines[i].GetProperty("top").GetArrayLength());
            Assert.True(lines[i].GetProperty("resized").GetBoolean());
            Assert.Equal("linf", lines[i].GetProperty("withstands").GetProperty("norm").GetString());
            Assert.True(lines[i].GetProperty("withstands").TryGetProperty("found", out _));
        }
        Assert.Contains("4 pictures of other sizes were resized to 28x28", outcome.Error);
        Assert.Contains("2 pictures could not be classified", outcome.Error);

        Arow.Run("predict", "run", "in/a.png", "--output", "lines.txt", "--abstain-below", "1").AssertDone();
        Assert.Matches(@"^in/a\.png: unsure: \d \d+\.\d %, \d \d+\.\d %\n$", File.ReadAllText(Arow.File("lines.txt")));
    }

    [Fact]
    public void What_cannot_be_done_is_refused_before_any_work()
    {
        Arow.Run("predict", "run").AssertRefused("nothing to classify");
        Arow.Run("predict", "run", "gone.png", "--top", "0", "--withstands", "8", "--input", "2x3", "--abstain-below", "2", "--output",
            "no/such/file")
            .AssertRefused("gone.png: no such file or folder", "--top", "8 exceeds 1", "--input", "--abstain-below", "--output");
        Arow.Run("predict", "gone", "run/run.json").AssertRefused("gone: is neither a run folder with weights nor a model file");
        Arow.Run("predict", "run", "run/run.json", "--norm", "l2").AssertRefused("--norm needs --withstands");
    }
}
