using System.Text.RegularExpressions;

namespace Arow.Tests.Docs;

/// <summary>docs/any-model.md says of every kind of file which test holds what it promises: the tests are there, under these names.</summary>
public sealed partial class TestedModels
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs/any-model.md"));

    private static readonly ILookup<string, string> Sources = Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .ToLookup(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);

    [Fact]
    public void Every_row_names_tests_or_says_that_it_was_done_by_hand()
    {
        var rows = Table("| from | file | what is possible | tested by |");
        Assert.InRange(rows.Count, 15, int.MaxValue);
        var named = Tests().Keys.ToHashSet();
        var used = new HashSet<int>();
        foreach (var row in rows)
        {
            var numbers = Number().Matches(row[^1]).Select(m => int.Parse(m.Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.True(numbers.Count > 0 || row[^1].Contains("by hand", StringComparison.Ordinal), $"'{row[1]}' says nothing of a test");
            Assert.Empty(numbers.Except(named));
            used.UnionWith(numbers);
        }
        Assert.Empty(named.Except(used));
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        var faults = new List<string>();
        foreach (var (number, cell) in Tests())
        {
            var type = "";
            var names = Code().Matches(cell).Select(m => m.Groups[1].Value).ToList();
            if (names.Count == 0) faults.Add($"{number} names no test");
            foreach (var name in names)
            {
                // ".Method" is another one of the class before it.
                if (name.Split('.') is [var given, ..] && given.Length > 0) type = given;
                var method = name.Contains('.', StringComparison.Ordinal) ? name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] : null;
                var known = Sources[type].SelectMany(source => TestMethod().Matches(source)).Select(m => m.Groups[1].Value).ToHashSet();
                if (known.Count == 0) faults.Add($"{number}: no class {type} of tests");
                else if (method is not null && !known.Contains(method)) faults.Add($"{number}: {type} has no test {method}");
            }
        }
        Assert.Empty(faults);
    }

    private static Dictionary<int, string> Tests() => Table("| | test (class and method) |")
        .ToDictionary(row => int.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture), row => row[1]);

    /// <summary>The cells of a table by its head.</summary>
    private static List<string[]> Table(string head)
    {
        var start = Array.IndexOf(Lines, head);
        Assert.True(start >= 0, $"no table '{head}'");
        return [.. Lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
    }

    [GeneratedRegex(@"\b\d+\b")]
    private static partial Regex Number();

    [GeneratedRegex(@"`((?:[A-Z]\w*)?(?:\.\w+)?)`")]
    private static partial Regex Code();

    /// <summary>A method that xUnit runs.</summary>
    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\n(?:\s*\[[^\n]*\n|\s*//[^\n]*\n)*?\s*public (?:static |async )*(?:void|Task|ValueTask) (\w+)\(")]
    private static partial Regex TestMethod();
}
