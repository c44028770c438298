namespace Arow.EndToEnd;

/// <summary>The pages of studies under docs/results are what anybody makes of the packed rows beside them.</summary>
public sealed class PublishedStudies
{
    public static TheoryData<string> Packed => [.. Directory.EnumerateFiles(Results, "runs.zip", SearchOption.AllDirectories)
        .Select(zip => Path.GetRelativePath(Results, Path.GetDirectoryName(zip)!)).Order(StringComparer.Ordinal)];

    /// <summary>artifacts/bin/Arow.Cli/release lies four folders below it.</summary>
    internal static readonly string Root = Path.GetFullPath(Path.Combine(Program.Home, "../../../.."));

    internal static string Results => Path.Combine(Root, "docs", "results");

    [Theory, MemberData(nameof(Packed))]
    public void A_page_is_made_anew_from_its_rows(string name)
    {
        using var arow = new Program();
        var file = Path.Combine(Root, "studies", $"{Path.GetFileName(name)}.json");
        // The stages of one study are named after it.
        if (!File.Exists(file)) file = Path.Combine(Root, "studies", $"arow-pays-{Path.GetFileName(name)}.json");
        Directory.CreateDirectory(arow.File("made"));
        // Which endpoints were stated, and when, is no part of the rows.
        foreach (var given in ((string[])["runs.zip", "endpoints.json"]).Where(given => File.Exists(Path.Combine(Results, name, given))))
            File.Copy(Path.Combine(Results, name, given), arow.File($"made/{given}"));
        arow.Run("compare", file, "--output", "made", "--report-only").AssertDone();
        foreach (var page in Directory.EnumerateFiles(Path.Combine(Results, name)).Where(page => Path.GetExtension(page) is ".md" or ".svg"))
            Assert.Equal(File.ReadAllText(page), File.ReadAllText(arow.File($"made/{Path.GetFileName(page)}")));
    }
}
