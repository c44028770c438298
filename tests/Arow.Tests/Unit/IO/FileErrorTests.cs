namespace Arow.Tests.Unit.IO;

/// <summary>What the system reports of files is said in words of our own, whatever it is.</summary>
public sealed class FileErrorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_another_process_has_open()
    {
        using var held = new FileStream(folder.File("x"), FileMode.Create, FileAccess.Write, FileShare.None);
        Assert.Equal("it is in use by another process", Reason(() => File.ReadAllText(folder.File("x"))));
    }

    [Fact]
    public void What_is_there_is_not_or_has_no_place()
    {
        File.WriteAllText(folder.File("file"), "");
        Assert.Equal("it does not exist", Reason(() => File.ReadAllText(folder.File("none"))));
        Assert.Equal("the name is too long", Reason(() => File.WriteAllText(folder.File(new string('x', 300)), "")));
        Assert.Equal("it already exists", Reason(() => new FileStream(folder.File("file"), FileMode.CreateNew).Dispose()));
        Assert.Equal("it already exists", Reason(() => Directory.CreateDirectory(folder.File("file"))));
    }

    /// <summary>Of errors that nobody thought of as well.</summary>
    [Fact]
    public void No_words_of_the_runtime()
    {
        foreach (var number in Enumerable.Range(0, 200).Append(unchecked((int)0x80131620)))
            Assert.DoesNotContain("Strange", FileError.Describe(new IOException("Strange words : '/x'") { HResult = number }));
        Assert.Equal("the system reports error 199", FileError.Describe(new IOException("") { HResult = 199 }));
    }

    /// <summary>The message of an exception is shown where it was written here, and nowhere else.</summary>
    [Fact]
    public void Messages_of_the_runtime_are_not_quoted()
    {
        var allowed = new Dictionary<string, string>
        {
            ["Download.cs"] = "of an exception of its own",
            ["EvaluationSummary.cs"] = "of its own checks, where the JSON is right",
            ["GzipReader.cs"] = "caught again by InputFile, which does not show it",
            ["TarArchiveReader.cs"] = "caught again by InputFile, which does not show it",
            ["OnnxValidator.cs"] = "of its own checks",
            ["FolderSurvey.cs"] = "of an InputException",
            ["LivePage.cs"] = "of an InputException; of others their description",
            ["TorchScriptModel.cs"] = "searched for what is said in other words",
            ["ModelProbe.cs"] = "searched for the name of an operator",
            ["OnnxModel.cs"] = "of the reader of graphs, for users",
            ["OnnxGradients.cs"] = "of the reader of graphs, for users",
            ["CommandLineCheck.cs"] = "of the command line's reader, for users",
        };
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            if (!path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && File.ReadAllText(path).Contains("e.Message", StringComparison.Ordinal)
                && System.Text.RegularExpressions.Regex.IsMatch(File.ReadAllText(path), @"\be\.Message\b"))
                Assert.True(allowed.ContainsKey(Path.GetFileName(path)), $"{path} shows e.Message: FileError and NetworkError have words for users");
        }
    }

    private static string Reason(Action work) => FileError.Describe(Assert.ThrowsAny<Exception>(work));
}
