using System.Text.RegularExpressions;

namespace Arow.Tests;

/// <summary>No test whose outcome depends on rounding is missing where they are run on other machines' instructions.</summary>
public sealed partial class NumericHouseRules
{
    [Fact]
    public void Tests_with_numeric_bounds_are_marked_as_such()
    {
        var marked = 0;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Arow.Tests"), "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(path);
            if (!Tests().IsMatch(text) || !Bound().IsMatch(text)) continue;
            Assert.True(Mark().IsMatch(text), $"{Path.GetFileName(path)}: compares floating-point results and is not marked [Numeric]");
            marked++;
        }
        Assert.InRange(marked, 20, 1000);
    }

    [Fact]
    public void Explicit_rows_are_run_by_CI()
    {
        Assert.Contains("-trait kind=numeric -explicit on", File.ReadAllText(Path.Combine(Repository.Root, ".ci", "numeric")));
        var users = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Arow.Tests"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText).Where(text => ExplicitRows().IsMatch(text)).ToList();
        Assert.NotEmpty(users);
        Assert.All(users, text => Assert.Matches(Mark(), text));

        Assert.Contains("-trait kind=cluster -noColor", File.ReadAllText(Path.Combine(Repository.Root, ".ci", "cluster")));
        Assert.Contains("-trait- kind=cluster -explicit only", File.ReadAllText(Path.Combine(Repository.Root, ".ci", "rare")));
        Assert.Contains(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Arow.EndToEnd"), "*.cs").Select(File.ReadAllText),
            text => text.Contains("Explicit = true") && !text.Contains("[Trait(\"kind\", \"cluster\")]"));
    }

    [GeneratedRegex(@"\)\s*\.WithExplicit\(")]
    private static partial Regex ExplicitRows();

    [GeneratedRegex(@"^\s+\[(Fact|Theory)", RegexOptions.Multiline)]
    private static partial Regex Tests();

    [GeneratedRegex(@"AssertClose\(|new RoundingErrors\(|Assert\.(InRange|Equal)\([^;]*item<(float|double)>[^;]*;")]
    private static partial Regex Bound();

    [GeneratedRegex(@"^\[Numeric\]$", RegexOptions.Multiline)]
    private static partial Regex Mark();
}
