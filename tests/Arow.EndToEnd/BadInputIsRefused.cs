namespace Arow.EndToEnd;

public sealed class BadInputIsRefused
{
    // The rest is tried within one process: BadInputTests.
    [Theory]
    [InlineData("trian", "'trian' is no command of 'arow'; did you mean train?")]
    [InlineData("train", "dataset is missing")]
    [InlineData("train /dev/zero", "is not a regular file but a device")]
    [InlineData("train --dataset glyphs --device cuda", "cuda")]
    [InlineData("evaluate broken.safetensors --dataset glyphs", "broken.safetensors")]
    public void With_one_line_and_nothing_written(string command, string says)
    {
        using var arow = new Program();
        File.WriteAllText(arow.File("broken.safetensors"), "not weights at all");
        var outcome = arow.Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        outcome.AssertRefused(says);
        Assert.Distinct(outcome.Error.TrimEnd().Split("; "));
        Assert.Equal(["broken.safetensors"], Directory.EnumerateFileSystemEntries(arow.Folder).Select(Path.GetFileName));
    }

    /// <summary>The examples of the help are those of any folder.</summary>
    [Theory]
    [InlineData("train recipes/fashion-mnist-small-arow.json", "'arow data fetch fashion-mnist' downloads it")]
    [InlineData("compare studies/fashion-mnist-small.json", "data/fashion-mnist")]
    [InlineData("train recipes/../arow.runtimeconfig.json", "run file 'recipes/../arow.runtimeconfig.json' cannot be read")]
    public void Files_that_come_with_the_program_are_found_and_ask_for_their_data(string command, string says)
    {
        using var arow = new Program();
        arow.Run(command.Split(' ')).AssertRefused(says);
    }

    [Fact]
    public void Want_of_memory_is_told_in_one_line()
    {
        using var arow = new Program();
        // 20 MB for the objects of .NET, of which 10,000 colour images of 32x32 take 30.
        arow.Environment["DOTNET_GCHeapHardLimit"] = "0x1400000";
        var outcome = arow.Run("data", "verify", "glyphs-colour");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("arow: not enough memory\n", outcome.Error);
    }
}
