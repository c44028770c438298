namespace Arow.Checkpoints;

/// <summary>
/// Maps tensor names of a file to those of the network. Wrappers add prefixes: <c>module.</c> (DataParallel), <c>model.</c>
/// (Lightning), <c>1.</c> (a Sequential after a normalization); compiled modules contain <c>_orig_mod.</c> anywhere.
/// </summary>
internal static class StateDictKeys
{
    private const string Compiled = "_orig_mod.";
    private const int MaxNameLength = 500;
    private const string Counter = "num_batches_tracked";

    /// <summary>Maps the network's names to the file's; tensors of other parts of the file keep their names.</summary>
    /// <param name="fileKeys">Names in the file.</param>
    /// <param name="networkKeys">Names in the network.</param>
    public static IReadOnlyDictionary<string, string> MapToNetwork(IEnumerable<string> fileKeys, IEnumerable<string> networkKeys)
    {
        var plain = fileKeys.Select(key => (Key: key, Name: key.Replace(Compiled, "", StringComparison.Ordinal))).ToList();
        var prefix = FindPrefix(plain.Select(p => p.Name), networkKeys.ToHashSet());
        var mapping = new Dictionary<string, string>();
        foreach (var (key, name) in plain)
        {
            var own = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : key;
            if (!mapping.TryAdd(own, key)) mapping[key] = key;
        }
        return mapping;
    }

    /// <summary>Returns the network's tensors that a file lacks, except for counters, which PyTorch before 1.0 did not have.</summary>
    public static IEnumerable<string> FindMissing(IEnumerable<string> mappedKeys, IEnumerable<string> networkKeys) =>
        networkKeys.Except(mappedKeys).Where(name => !IsBatchCounter(name));

    /// <summary>Whether a tensor is batch norm's batch counter, which evaluation does not use.</summary>
    public static bool IsBatchCounter(string name) => name.Split('.')[^1] == Counter;

    /// <summary>Returns the most frequent prefix of the network's names; the shortest of several.</summary>
    private static string FindPrefix(IEnumerable<string> names, HashSet<string> networkKeys)
    {
        var counts = new Dictionary<string, int> { [""] = 0 };
        foreach (var name in names.Where(n => n.Length <= MaxNameLength))
        {
            for (var at = 0; at >= 0 && at < name.Length; at = name.IndexOf('.', at) is var dot and >= 0 ? dot + 1 : -1)
            {
                if (networkKeys.Contains(name[at..])) counts[name[..at]] = counts.GetValueOrDefault(name[..at]) + 1;
            }
        }
        return counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Length).First().Key;
    }
}
