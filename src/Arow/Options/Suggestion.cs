namespace Arow.Options;

/// <summary>Suggestions for misspelt names; none where no name is near.</summary>
internal static class Suggestion
{
    /// <summary>Letters that a name must have for two of them to be wrong.</summary>
    private const int LongName = 5;

    /// <summary>Characters of a list in a message: three lines of a terminal.</summary>
    private const int MostCharacters = 240;

    /// <summary>Returns the name that was probably meant; null where none is near.</summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="names">The valid names.</param>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        var bare = Bare(name);
        if (bare.Length < 2) return null;
        var ranked = names.Select(n => (Name: n, Distance: EditDistance(Bare(n), bare))).OrderBy(n => n.Distance).ToList();
        if (ranked.Count > 0 && ranked[0].Distance <= (bare.Length >= LongName ? 2 : 1)) return ranked[0].Name;
        // The beginning of a name: of the shortest one.
        return ranked.Where(n => Bare(n.Name).StartsWith(bare, StringComparison.OrdinalIgnoreCase)).OrderBy(n => n.Name.Length)
            .Select(n => n.Name).FirstOrDefault();
    }

    /// <summary>The end of a message: "; did you mean lambda?", or nothing.</summary>
    public static string Question(string name, IEnumerable<string> names) => Nearest(name, names) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>
    /// The end of a message that a name is unknown: " (did you mean fgsm?); known are fgsm pgd10 …". The nearest name comes first, and
    /// of many names only the first ones follow, with the number of the others.
    /// </summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="names">The valid names.</param>
    /// <param name="listing">A clause that takes the place of the names: what lists them; null to name them.</param>
    public static string Known(string name, IReadOnlyCollection<string> names, string? listing = null) =>
        $"{(Nearest(name, names) is { } near ? $" (did you mean {near}?)" : "")}; {listing ?? $"known are {List(names)}"}";

    /// <summary>The names that have room in <see cref="MostCharacters"/>, and the number of the others.</summary>
    private static string List(IReadOnlyCollection<string> names)
    {
        var room = MostCharacters;
        var shown = Math.Max(1, names.TakeWhile(name => (room -= name.Length + 1) >= 0).Count());
        return $"{string.Join(' ', names.Take(shown))}{(shown < names.Count ? $" and {names.Count - shown} more" : "")}";
    }

    /// <summary>Dashes before a name are no letters of it.</summary>
    private static string Bare(string name) => name.TrimStart('-');

    /// <summary>The edit distance in which two letters that changed places count once (Damerau and Levenshtein).</summary>
    private static int EditDistance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (Same(i, j) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j)) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];

        bool Same(int i, int j) => char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
    }
}
