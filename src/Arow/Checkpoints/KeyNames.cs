namespace Arow.Checkpoints;

/// <summary>
/// The names of a file's tensors as the network has them. Wrappers put words before a module's own names, <c>module.</c>
/// (DataParallel), <c>model.</c> (Lightning), <c>1.</c> (a Sequential behind a normalisation); compiled modules have
/// <c>_orig_mod.</c> in any place.
/// </summary>
internal static class KeyNames
{
    private const string Compiled = "_orig_mod.";
    private const int LongestName = 500;
    private const string Counter = "num_batches_tracked";

    /// <summary>The file's name of each, by the network's; tensors of other parts of the file keep theirs.</summary>
    /// <param name="found">The file's names.</param>
    /// <param name="wanted">The network's.</param>
    public static IReadOnlyDictionary<string, string> Fit(IEnumerable<string> found, IEnumerable<string> wanted)
    {
        var plain = found.Select(key => (Key: key, Name: key.Replace(Compiled, "", StringComparison.Ordinal))).ToList();
        var prefix = Prefix(plain.Select(p => p.Name), wanted.ToHashSet());
        var fitted = new Dictionary<string, string>();
        foreach (var (key, name) in plain)
        {
            var own = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : key;
            if (!fitted.TryAdd(own, key)) fitted[key] = key;
        }
        return fitted;
    }

    /// <summary>How many of the network's tensors a file lacks, but for counters that PyTorch before 1.0 did not have.</summary>
    public static IEnumerable<string> Missing(IEnumerable<string> fitted, IEnumerable<string> wanted) =>
        wanted.Except(fitted).Where(name => !IsCounter(name));

    /// <summary>Whether a tensor counts batch norm's batches, which no evaluation looks at.</summary>
    public static bool IsCounter(string name) => name.Split('.')[^1] == Counter;

    /// <summary>What stands before the network's names most often; the shortest of several.</summary>
    private static string Prefix(IEnumerable<string> names, HashSet<string> wanted)
    {
        var counts = new Dictionary<string, int> { [""] = 0 };
        foreach (var name in names.Where(n => n.Length <= LongestName))
        {
            for (var at = 0; at >= 0 && at < name.Length; at = name.IndexOf('.', at) is var dot and >= 0 ? dot + 1 : -1)
            {
                if (wanted.Contains(name[at..])) counts[name[..at]] = counts.GetValueOrDefault(name[..at]) + 1;
            }
        }
        return counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Length).First().Key;
    }
}
