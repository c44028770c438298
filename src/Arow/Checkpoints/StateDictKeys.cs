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
        var wanted = networkKeys.ToHashSet();
        var prefix = FindPrefix(plain.Select(p => p.Name), wanted);
        var mapping = new Dictionary<string, string>();
        foreach (var (key, name) in plain)
        {
            var own = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : key;
            if (!mapping.TryAdd(own, key)) mapping[key] = key;
        }
        if (prefix.Length > 0) AddOfOtherParts(mapping, prefix, wanted);
        return mapping;
    }

    /// <summary>Returns the network's tensors that another part of the file has than most, with their names in the file.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> FindOfOtherParts(
        IReadOnlyDictionary<string, string> mapping, IReadOnlyDictionary<string, Tensor> network)
    {
        var parts = mapping.Where(n => network.ContainsKey(n.Key)).GroupBy(n => Part(n.Key, n.Value)).OrderByDescending(g => g.Count()).ToList();
        return [.. parts.Skip(1).SelectMany(g => g)];

        static string Part(string name, string key) =>
            key.Replace(Compiled, "", StringComparison.Ordinal) is var plain && plain.EndsWith(name, StringComparison.Ordinal) ? plain[..^name.Length] : "";
    }

    /// <summary>
    /// Maps what is missing to another part of the file, if only one has such a tensor: the last layer is often beside the others, as
    /// <c>head.fc.weight</c> beside <c>backbone.conv1.weight</c>.
    /// </summary>
    private static void AddOfOtherParts(Dictionary<string, string> mapping, string prefix, HashSet<string> wanted)
    {
        var missing = wanted.Where(name => !mapping.ContainsKey(name)).ToHashSet();
        if (missing.Count == 0) return;
        var found = new Dictionary<string, string?>();
        var others = mapping.Where(n =>
            n.Key.Length <= MaxNameLength && !wanted.Contains(n.Key) && !n.Value.StartsWith(prefix, StringComparison.Ordinal));
        foreach (var (name, _) in others)
        {
            for (var at = name.IndexOf('.') + 1; at > 0; at = name.IndexOf('.', at) + 1)
            {
                if (missing.Contains(name[at..])) found[name[at..]] = found.ContainsKey(name[at..]) ? null : name;
            }
        }
        foreach (var (name, from) in found)
        {
            if (from is not null && mapping.Remove(from, out var key)) mapping[name] = key;
        }
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
