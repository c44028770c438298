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
    public void Explicit_tests_are_run_by_CI()
    {
        (string Script, string Runs)[] parts =
        [
            ("numeric", "-trait kind=numeric -explicit on"), ("cluster", "-trait kind=cluster -explicit only"),
            ("rare", "-explicit only -trait- kind=cluster -trait- kind=numeric -class- '*.MpiProcess'"),
        ];
        var run = File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run"));
        Assert.All(parts, part =>
        {
            Assert.Contains(part.Runs, File.ReadAllText(Path.Combine(Repository.Root, ".ci", part.Script)));
            Assert.Contains($"\npart {part.Script} ", run);
        });
        Assert.Contains("\n  \".ci/$1\" ", run);
    }

    [GeneratedRegex(@"^\s+\[(Fact|Theory)", RegexOptions.Multiline)]
    private static partial Regex Tests();

    [GeneratedRegex(@"AssertClose\(|new RoundingErrors\(|Assert\.(InRange|Equal)\([^;]*item<(float|double)>[^;]*;")]
    private static partial Regex Bound();

    [GeneratedRegex(@"^\[Numeric\]$", RegexOptions.Multiline)]
    private static partial Regex Mark();
}
