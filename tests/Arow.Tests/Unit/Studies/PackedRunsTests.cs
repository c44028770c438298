using System.IO.Compression;

namespace Arow.Tests.Unit.Studies;

/// <summary>The runs of a study in one file.</summary>
public sealed class PackedRunsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Zip => folder.File("runs.zip");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_reports_are_made_of_comes_back_byte_for_byte_and_nothing_else()
    {
        string[] kept = ["a-seed0/run.json", "a-seed0/log.jsonl", "a-seed0/selected.json", "a-seed0/evaluation-pgd/rows.tsv",
            "a-seed0/evaluation-pgd/summary.json", "b/failure.txt"];
        foreach (var name in (string[])[.. kept, "a-seed0/weights.safetensors", "a-seed0/checkpoints/1.safetensors",
            "a-seed0/evaluation-pgd/report.html"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File($"runs/{name}"))!);
            File.WriteAllText(folder.File($"runs/{name}"), $"content of {name}");
        }
        File.WriteAllText(folder.File("endpoints.json"), "content of endpoints.json");
        Assert.Equal(2, PackedRuns.Write(folder.File("runs"), folder.File("endpoints.json"), Zip));
        var bytes = File.ReadAllBytes(Zip);
        PackedRuns.Write(folder.File("runs"), folder.File("endpoints.json"), Zip);
        Assert.Equal(bytes, File.ReadAllBytes(Zip));

        PackedRuns.Unpack(Zip, folder.File("again"));
        var files = Directory.GetFiles(folder.File("again"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.File("again"), f)).Order(StringComparer.Ordinal);
        kept = [.. kept, "endpoints.json"];
        Assert.Equal(kept.Order(StringComparer.Ordinal), files);
        foreach (var name in kept) Assert.Equal($"content of {name}", File.ReadAllText(folder.File($"again/{name}")));
    }

    /// <summary>Archives of older versions are the runs alone.</summary>
    [Fact]
    public void A_study_without_stated_endpoints_packs_its_runs_alone()
    {
        Directory.CreateDirectory(folder.File("runs/a"));
        File.WriteAllText(folder.File("runs/a/run.json"), "{}");
        PackedRuns.Write(folder.File("runs"), folder.File("endpoints.json"), Zip);
        PackedRuns.Unpack(Zip, folder.File("again"));
        Assert.Equal(["a/run.json"], Directory.GetFiles(folder.File("again"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.File("again"), f)));
    }

    [Theory]
    [InlineData("runs/endpoints.json")]
    [InlineData("../run.json")]
    [InlineData("/run.json")]
    [InlineData("a/../../run.json")]
    [InlineData("a/weights.safetensors")]
    [InlineData("a/checkpoints/run.json")]
    public void What_is_no_file_of_a_run_is_refused_and_nothing_is_written(string name)
    {
        using (var zip = ZipFile.Open(Zip, ZipArchiveMode.Create)) zip.CreateEntry(name);
        Assert.Contains("which is not a file of a run", Assert.Throws<InputException>(() => PackedRuns.Unpack(Zip, folder.File("runs"))).Message);
        Assert.Equal([Zip], Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        File.WriteAllText(Zip, "no zip");
        Assert.EndsWith("is damaged or not a zip archive of runs",
            Assert.Throws<InputException>(() => PackedRuns.Unpack(Zip, folder.File("runs"))).Message);
    }
}
