namespace Arow.EndToEnd;

/// <summary>Where libtorch is not to be had, one sentence says so, and none of TorchSharp's pages appears.</summary>
public sealed class LibTorchIsMissedInOneSentence
{
    [Theory]
    [InlineData("absent", "does not contain")]
    [InlineData("cut short", "is damaged")]
    public void From_the_folder_that_AROW_LIBTORCH_names(string state, string words)
    {
        using var program = new Program();
        var folder = Directory.CreateDirectory(program.File("lib")).FullName;
        if (state == "cut short")
        {
            // The start of a real library, whose segments lie far beyond the end.
            foreach (var file in (string[])["libc10.so", "libtorch.so", "libtorch_cpu.so"])
            {
                using var whole = File.OpenRead(Path.Combine(Program.Home, file));
                var start = new byte[6000];
                whole.ReadExactly(start);
                File.WriteAllBytes(Path.Combine(folder, file), start);
            }
        }
        program.Environment["AROW_LIBTORCH"] = folder;

        var outcome = program.Run("data", "verify", "glyphs");

        Assert.Equal(1, outcome.ExitCode);
        var line = Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("arow: ", line);
        Assert.Contains(words, line);
        Assert.Contains(folder, line);
    }
}
