namespace Arow.Tests.Unit.IO;

/// <summary>What killed processes left goes with the next that writes the same, and nothing else does.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private IEnumerable<string?> Names => Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    [Fact]
    public void Left_overs_of_the_same_file_are_removed()
    {
        string[] others = ["x.tsv.5.tmp.bak", "x.tsv.tmp", "y.tsv.5.tmp", "x.tsv.a5.tmp"];
        foreach (var name in (string[])["x.tsv.5.tmp", $"x.tsv.{Environment.ProcessId}.tmp", .. others]) File.WriteAllText(folder.File(name), "half");
        AtomicFile.Write(folder.File("x.tsv"), "whole");
        Assert.Equal(others.Append("x.tsv").Order(StringComparer.Ordinal), Names);
        Assert.Equal("whole", File.ReadAllText(folder.File("x.tsv")));
    }

    [Fact]
    public void A_file_that_is_being_written_is_left_alone()
    {
        AtomicFile.Write(folder.File("x"), file =>
        {
            TemporaryFiles.RemoveAbandoned(folder.Path);
            file.Write("whole"u8);
        });
        Assert.Equal(["x"], Names);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder.File("x"), _ => throw new InvalidOperationException()));
        Assert.Equal(["x"], Names);
        Assert.Equal("whole", File.ReadAllText(folder.File("x")));
    }

    [Fact]
    public void A_folder_takes_the_place_of_what_was_there_and_of_what_was_left()
    {
        foreach (var name in (string[])["out.7.tmp/half", "out.8.old/former", "other.7.tmp/theirs"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            File.WriteAllText(folder.File(name), "");
        }
        using (AtomicFolder.Begin(folder.File("out")))
        {
            // Killed between the two moves: the former one is what there is until another is whole.
            Assert.Equal(["former"], Directory.GetFileSystemEntries(folder.File("out")).Select(Path.GetFileName));
            Assert.Contains("another process", Assert.Throws<InputException>(() => AtomicFolder.Begin(folder.File("out/"))).Message);
        }
        Assert.Equal(["other.7.tmp", "out"], Names);
        using (var place = AtomicFolder.Begin(folder.File("out")))
        {
            File.WriteAllText(Path.Combine(place.TemporaryPath, "new"), "");
            place.Commit();
        }
        Assert.Equal(["other.7.tmp", "out"], Names);
        Assert.Equal(["new"], Directory.GetFileSystemEntries(folder.File("out")).Select(Path.GetFileName));
    }
}
