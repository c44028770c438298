using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>Finds the state dicts of a PyTorch checkpoint, which may contain several among other data.</summary>
internal static class StateDicts
{
    private const int MaxDepth = 6;
    private const int MaxCount = 1000;

    /// <summary>Usual names of the final weights in training code, most common first.</summary>
    private static readonly string[] UsualNames = ["", "state_dict", "model_state_dict", "model", "net", "network", "module", "params", "weights"];

    /// <summary>Returns all dictionaries that contain tensors, by path: "" for the root, <c>model.net</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, TensorRef>> FindAll(object? root)
    {
        var found = new Dictionary<string, IReadOnlyDictionary<string, TensorRef>>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Search("", root, 0);
        return found;

        void Search(string name, object? value, int depth)
        {
            // A checkpoint may contain a dictionary twice or, maliciously, inside itself.
            if (value is not PickleMap map || depth > MaxDepth || found.Count >= MaxCount || !seen.Add(map)) return;
            var tensors = map.Entries.Where(e => e.Value is TensorRef).ToDictionary(e => e.Key, e => (TensorRef)e.Value!);
            if (tensors.Count > 0) found.TryAdd(name, tensors);
            foreach (var (key, inner) in map.Entries) Search(name.Length == 0 ? key : $"{name}.{key}", inner, depth + 1);
        }
    }

    /// <summary>Selects the state dict to load.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="root">The saved object.</param>
    /// <param name="key">Name of the state dict; null to find it.</param>
    /// <param name="networkKeys">Names of the network's tensors.</param>
    /// <param name="setting">The setting that names a state dict.</param>
    /// <exception cref="InputException">There is no state dict, or none with that name.</exception>
    public static (IReadOnlyDictionary<string, TensorRef> Tensors, string? Remark) Select(
        string path, object? root, string? key, IReadOnlyCollection<string> networkKeys, string setting = "key")
    {
        var all = FindAll(root);
        if (all.Count == 0) throw new InputException($"{path}: contains no state dict: {DescribeContent(root)}");
        if (key is not null)
        {
            return all.TryGetValue(key, out var named) ? (named, null)
                : throw new InputException($"{path}: has no state dict '{key}'; it has {JoinNames(all.Keys)}");
        }

        var matching = all.Where(c => !StateDictKeys.FindMissing(StateDictKeys.MapToNetwork(c.Value.Keys, networkKeys).Keys, networkKeys).Any())
            .OrderBy(c => Array.IndexOf(UsualNames, c.Key) is var place and >= 0 ? place : UsualNames.Length).ToList();
        if (matching.Count > 1)
        {
            return (matching[0].Value,
                $"{path}: {QuoteName(matching[0].Key)} is used; {JoinNames(matching.Skip(1).Select(c => c.Key))} would fit too: select with "
                    + Wording.Current.Setting(setting, "NAME"));
        }
        // If none fits, choose the best match, so that its mismatches are reported.
        var best = matching.Count == 1 ? matching[0]
            : all.MaxBy(c => StateDictKeys.MapToNetwork(c.Value.Keys, networkKeys).Keys.Intersect(networkKeys).Count());
        return (best.Value, null);
    }

    private static string DescribeContent(object? root) => root switch
    {
        PickleMap { Entries.Count: > 0 } map => $"its keys are {JoinNames(map.Entries.Keys)}",
        TensorRef => "it is a single tensor",
        _ => "it has no dictionary of tensors",
    };

    private static string JoinNames(IEnumerable<string> keys)
    {
        var all = keys.ToList();
        return string.Join(", ", all.Take(8).Select(QuoteName)) + (all.Count > 8 ? ", …" : "");
    }

    private static string QuoteName(string key) =>
        key.Length == 0 ? "the whole file" : $"'{(key.Length > 60 ? $"{key[..60]}…" : key).ReplaceLineEndings(" ")}'";
}
