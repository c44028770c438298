namespace Arow.Options;

/// <summary>Suggestions for misspelt names.</summary>
internal static class Suggestion
{
    /// <summary>Returns the name of the least edit distance.</summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="names">The valid names; at least one.</param>
    public static string Closest(string name, IEnumerable<string> names) => names.MinBy(n => EditDistance(n, name))!;

    /// <summary>Levenshtein's edit distance.</summary>
    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
