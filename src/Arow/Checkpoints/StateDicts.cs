using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>Finds the state dicts of a PyTorch checkpoint, which may contain several among other data.</summary>
internal static class StateDicts
{
    private const int Deepest = 6;
    private const int Most = 1000;

    /// <summary>Usual names of the final weights in training code, most common first.</summary>
    private static readonly string[] Usual = ["", "state_dict", "model_state_dict", "model", "net", "network", "module", "params", "weights"];

    /// <summary>Returns all dictionaries that contain tensors, by path: "" for the root, <c>model.net</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, TensorRef>> In(object? root)
    {
        var found = new Dictionary<string, IReadOnlyDictionary<string, TensorRef>>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Search("", root, 0);
        return found;

        void Search(string name, object? value, int depth)
        {
            // A checkpoint may contain a dictionary twice or, maliciously, inside itself.
            if (value is not PickleMap map || depth > Deepest || found.Count >= Most || !seen.Add(map)) return;
            var tensors = map.Named.Where(e => e.Value is TensorRef).ToDictionary(e => e.Key, e => (TensorRef)e.Value!);
            if (tensors.Count > 0) found.TryAdd(name, tensors);
            foreach (var (key, inner) in map.Named) Search(name.Length == 0 ? key : $"{name}.{key}", inner, depth + 1);
        }
    }

    /// <summary>Selects the state dict to load.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="root">The saved object.</param>
    /// <param name="key">Name of the state dict; null to find it.</param>
    /// <param name="wanted">Names of the network's tensors.</param>
    /// <exception cref="InputException">There is no state dict, or none with that name.</exception>
    public static (IReadOnlyDictionary<string, TensorRef> Tensors, string? Remark) Choose(
        string path, object? root, string? key, IReadOnlyCollection<string> wanted)
    {
        var all = In(root);
        if (all.Count == 0) throw new InputException($"{path}: contains no state dict: {Content(root)}");
        if (key is not null)
        {
            return all.TryGetValue(key, out var named) ? (named, null)
                : throw new InputException($"{path}: has no state dict '{key}'; it has {Names(all.Keys)}");
        }

        var fitting = all.Where(c => !KeyNames.Missing(KeyNames.Fit(c.Value.Keys, wanted).Keys, wanted).Any())
            .OrderBy(c => Array.IndexOf(Usual, c.Key) is var place and >= 0 ? place : Usual.Length).ToList();
        if (fitting.Count > 1)
        {
            return (fitting[0].Value,
                $"{path}: {Name(fitting[0].Key)} is evaluated; {Names(fitting.Skip(1).Select(c => c.Key))} would fit too: select with --key NAME");
        }
        // If none fits, choose the best match, so that its mismatches are reported.
        var chosen = fitting.Count == 1 ? fitting[0]
            : all.MaxBy(c => KeyNames.Fit(c.Value.Keys, wanted).Keys.Intersect(wanted).Count());
        return (chosen.Value, null);
    }

    private static string Content(object? root) => root switch
    {
        PickleMap { Named.Count: > 0 } map => $"its keys are {Names(map.Named.Keys)}",
        TensorRef => "it is a single tensor",
        _ => "it has no dictionary of tensors",
    };

    private static string Names(IEnumerable<string> keys)
    {
        var all = keys.ToList();
        return string.Join(", ", all.Take(8).Select(Name)) + (all.Count > 8 ? ", …" : "");
    }

    private static string Name(string key) => key.Length == 0 ? "the whole file" : $"'{(key.Length > 60 ? $"{key[..60]}…" : key).ReplaceLineEndings(" ")}'";
}
