namespace Arow.Tests.Unit.IO;

/// <summary>Places that cannot be written are found before any work, in plain words and without a trace.</summary>
public sealed class OutputPathTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public OutputPathTests()
    {
        File.WriteAllText(folder.File("file"), "mine");
        Directory.CreateDirectory(folder.File("there"));
        File.CreateSymbolicLink(folder.File("dangling"), folder.File("nowhere"));
        File.CreateSymbolicLink(folder.File("loop"), folder.File("loop"));
    }

    public void Dispose() => folder.Dispose();

    private string[] Entries => [.. Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static string Long(int letters) => new('n', letters);

    public static TheoryData<string, string> Folders => new()
    {
        { "file", "is a file; a folder is required" }, { "file/", "is a file; a folder is required" }, { "file/new/run", "file is a file" },
        { "dangling", "is a broken link" }, { "dangling/run", "dangling is a broken link" }, { "loop", "is a broken link" },
        { Long(300), "the name is too long" }, { $"new/{Long(300)}", "the name is too long" },
        { $"{string.Join('/', Enumerable.Repeat(Long(100), 50))}", "the name is too long" },
        { "/dev/null", "is a file" }, { "/dev/full/x", "/dev/full is a file" }, { "/proc/x", "cannot be written" }, { "a\0b", "invalid character" },
    };

    [Theory, MemberData(nameof(Folders))]
    public void No_folder(string place, string says)
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux() && place.StartsWith('/'), "Linux has these");
        var before = Entries;
        Assert.Contains(says, OutputPath.ValidateFolder(Path.Combine(folder.Path, place)));
        Assert.Equal(before, Entries);
    }

    public static TheoryData<string, string> Files => new()
    {
        { "there", "is a folder" }, { "file/x.png", "file is a file" }, { "new/x.png", "cannot be written: the folder " },
        { "dangling", "is a broken link" },
        { "loop", "is a broken link" }, { "dangling/x.png", "dangling is a broken link" }, { $"{Long(250)}.png", "the name is too long" },
        { "/dev/null", "a device" }, { "/proc/x.png", "cannot be written" },
    };

    [Theory, MemberData(nameof(Files))]
    public void No_file(string place, string says)
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux() && place.StartsWith('/'), "Linux has these");
        var before = Entries;
        Assert.Contains(says, OutputPath.ValidateFile(Path.Combine(folder.Path, place)));
        Assert.Equal(before, Entries);
    }

    [Fact]
    public void Good_places_stay_as_they_are()
    {
        var before = Entries;
        foreach (var good in (string[])["there", "there/", "new", "new/deep/run", "there/in"]) Assert.Null(
            OutputPath.ValidateFolder(folder.File(good)));
        foreach (var good in (string[])["file", "new.png", "there/x.png"]) Assert.Null(OutputPath.ValidateFile(folder.File(good)));
        Assert.Equal(before, Entries);
        Assert.Equal("mine", File.ReadAllText(folder.File("file")));
    }

    /// <summary>Processes of one launcher validate the same path at the same time.</summary>
    [Fact]
    public async Task Others_may_validate_a_folder_while_it_is_asked_what_is_in_it()
    {
        var asked = folder.File("new/run");
        var validating = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++) Assert.Null(OutputPath.ValidateFolder(asked));
        }, TestContext.Current.CancellationToken);
        while (!validating.IsCompleted) Assert.Empty(OutputPath.FindEntries(asked));
        await validating;
        Assert.NotEmpty(OutputPath.FindEntries(folder.Path));
    }
}
