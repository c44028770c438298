using Arow.Tests.Unit.Cli;

namespace Arow.Tests.Docs;

/// <summary>The pages of studies under docs/results are what anybody makes of the packed rows beside them.</summary>
public sealed class PublishedStudies
{
    private static string Results => Path.Combine(Repository.Root, "docs/results");

    public static TheoryData<string> Packed => [.. Directory.EnumerateFiles(Results, "runs.zip", SearchOption.AllDirectories)
        .Select(zip => Path.GetRelativePath(Results, Path.GetDirectoryName(zip)!)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Packed))]
    public void A_page_is_made_anew_from_its_rows(string name)
    {
        using var made = new TemporaryFolder();
        var studies = Path.Combine(Repository.Root, "studies");
        var file = Path.Combine(studies, $"{Path.GetFileName(name)}.json");
        // The stages of one study are named after it.
        if (!File.Exists(file)) file = Path.Combine(studies, $"arow-pays-{Path.GetFileName(name)}.json");
        // Which endpoints were stated, and when, is no part of the rows.
        foreach (var given in ((string[])["runs.zip", "endpoints.json"]).Where(given => File.Exists(Path.Combine(Results, name, given))))
            File.Copy(Path.Combine(Results, name, given), made.File(given));
        var ended = Ended.Of(made.Path, "compare", file, "--output", made.Path, "--report-only");
        Assert.True(ended.Code == 0, ended.Told);
        foreach (var page in Directory.EnumerateFiles(Path.Combine(Results, name)).Where(page => Path.GetExtension(page) is ".md" or ".svg"))
            Assert.Equal(File.ReadAllText(page), File.ReadAllText(made.File(Path.GetFileName(page))));
    }
}
