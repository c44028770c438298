using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>Finds the state dicts of a PyTorch checkpoint, which may contain several among other data.</summary>
internal static class StateDicts
{
    private const int MaxDepth = 6;
    private const int MaxCount = 1000;

    /// <summary>Usual names of the final weights in training code, most common first.</summary>
    private static readonly string[] UsualNames = ["", "state_dict", "model_state_dict", "model", "net", "network", "module", "params", "weights"];

    /// <summary>Functions that make tensors of other kinds, and what to save instead.</summary>
    private static readonly (string Function, string Description)[] OtherTensors =
    [
        ("_rebuild_sparse_tensor", "a sparse tensor, which is not read: save its to_dense()"),
        ("_rebuild_sparse_csr_tensor", "a sparse tensor, which is not read: save its to_dense()"),
        ("_rebuild_qtensor", "a quantized tensor: the whole network, saved by torch.jit.script or exported to ONNX, can be evaluated"),
        ("_rebuild_meta_tensor_no_storage", "a tensor of the device meta, which has no numbers"),
    ];

    /// <summary>
    /// Returns all dictionaries that contain tensors or arrays, by path: "" for the root, <c>model.net</c>; those of frameworks' dictionaries and
    /// objects too, and the state dicts of modules that were saved whole.
    /// </summary>
    public static IReadOnlyDictionary<string, StateDict> FindAll(object? root)
    {
        var found = new Dictionary<string, StateDict>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Search("", root, 0);
        return found;

        void Search(string name, object? value, int depth)
        {
            // A checkpoint may contain a dictionary twice or, maliciously, inside itself.
            if (value is null or TensorRef || depth > MaxDepth || found.Count >= MaxCount) return;
            if (value is not (PickleMap or PickleObject or List<object?> or object?[]) || !seen.Add(value)) return;
            if (value is IEnumerable<object?> list)
            {
                foreach (var (place, item) in list.Index())
                {
                    if (item is PickleMap or PickleObject or List<object?> or object?[]) Search(Join(name, $"{place}"), item, depth + 1);
                }
                return;
            }
            if (value is PickleObject made && PickledModule.TryRead(made) is { } module)
            {
                if (module.Tensors.Count > 0) found.TryAdd(name, module);
                return;
            }
            var entries = value is PickleMap map ? map.Entries : Entries((PickleObject)value);
            var tensors = entries.Where(e => e.Value is TensorRef).ToDictionary(e => e.Key, e => (TensorRef)e.Value!);
            var (others, arrays) = (new Dictionary<string, string>(), new Dictionary<string, TensorRef>());
            foreach (var (key, inner) in entries)
            {
                if (inner is not PickleObject other) continue;
                others.Add(key, other.Class);
                if (NumpyWeights.TryRead(other) is { } array) arrays.Add(key, array);
            }
            if (tensors.Count + arrays.Count > 0) found.TryAdd(name, new StateDict(tensors, others, null) { Arrays = arrays });
            foreach (var (key, inner) in entries) Search(Join(name, key), inner, depth + 1);
            // A named tuple is made of its fields.
            if (value is PickleObject { Arguments: { Count: > 0 } arguments }) Search(name, arguments, depth + 1);
        }

        static string Join(string name, string key) => name.Length == 0 ? key : $"{name}.{key}";

        static Dictionary<string, object?> Entries(PickleObject made)
        {
            // State is a dictionary, or with __slots__ a pair of them.
            IEnumerable<PickleMap> states = made.State switch
            {
                PickleMap state => [state],
                object?[] parts => parts.OfType<PickleMap>(),
                _ => [],
            };
            var entries = new Dictionary<string, object?>();
            foreach (var (key, value) in states.Prepend(made.Items).SelectMany(m => m.Entries)) entries.TryAdd(key, value);
            return entries;
        }
    }

    /// <summary>Selects the state dict to load.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="root">The saved object.</param>
    /// <param name="key">Name of the state dict; null to find it.</param>
    /// <param name="networkKeys">Names of the network's tensors.</param>
    /// <param name="setting">The setting that names a state dict.</param>
    /// <exception cref="InputException">There is no state dict, or none with that name.</exception>
    public static (StateDict Tensors, IReadOnlyList<string> Remarks) Select(
        string path, object? root, string? key, IReadOnlyCollection<string> networkKeys, string setting = "key")
    {
        var all = FindAll(root).ToDictionary(c => c.Key, c => c.Value.WithArrays(networkKeys));
        if (all.Count == 0) throw new InputException($"{path}: contains no state dict: {DescribeContent(root)}");
        if (key is not null)
        {
            var named = all.GetValueOrDefault(key) ?? FindPart(all, key)
                ?? throw new InputException($"{path}: has no state dict '{key}'; it has {JoinNames(all.Keys)}");
            RequireTensors(path, named, networkKeys);
            return (named, Describe(path, named));
        }

        var matching = all.Where(c => !FindMissing(c.Value, networkKeys).Any())
            .OrderBy(c => Array.IndexOf(UsualNames, c.Key) is var place and >= 0 ? place : UsualNames.Length).ToList();
        if (matching.Count > 1)
        {
            return (matching[0].Value,
            [
                $"{path}: {QuoteName(matching[0].Key)} is used; {JoinNames(matching.Skip(1).Select(c => c.Key))} would fit too: select with "
                    + Wording.Current.Setting(setting, "NAME"),
                .. Describe(path, matching[0].Value),
            ]);
        }
        // If none fits, choose the best match, so that its mismatches are reported.
        var best = matching.Count == 1 ? matching[0]
            : all.MaxBy(c => StateDictKeys.MapToNetwork(c.Value.Tensors.Keys, networkKeys).Keys.Intersect(networkKeys).Count());
        RequireTensors(path, best.Value, networkKeys);
        return (best.Value, Describe(path, best.Value));
    }

    /// <summary>Returns the tensors of a dictionary whose names begin with the key, such as one of several models in one state dict.</summary>
    private static StateDict? FindPart(IReadOnlyDictionary<string, StateDict> all, string key)
    {
        foreach (var (name, whole) in all)
        {
            var prefix = name.Length > 0 && key.StartsWith($"{name}.", StringComparison.Ordinal) ? $"{key[(name.Length + 1)..]}." : $"{key}.";
            var part = whole.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
            if (part.Count > 0) return whole with { Tensors = part, Others = new Dictionary<string, string>() };
        }
        return null;
    }

    private static IEnumerable<string> FindMissing(StateDict from, IReadOnlyCollection<string> networkKeys) =>
        StateDictKeys.FindMissing(StateDictKeys.MapToNetwork(from.Tensors.Keys, networkKeys).Keys, networkKeys);

    /// <summary>Throws if a missing tensor is there, but as something that is not read.</summary>
    private static void RequireTensors(string path, StateDict chosen, IReadOnlyCollection<string> networkKeys)
    {
        if (chosen.Others.Count == 0) return;
        var all = StateDictKeys.MapToNetwork(chosen.Tensors.Keys.Concat(chosen.Others.Keys), networkKeys);
        if (FindMissing(chosen, networkKeys).FirstOrDefault(name => chosen.Others.ContainsKey(all.GetValueOrDefault(name, ""))) is not { } missing) return;
        var stored = chosen.Others[all[missing]];
        throw new InputException($"{path}: {QuoteName(all[missing])} is not stored as a tensor but as {QuoteName(stored)}, "
            + (OtherTensors.FirstOrDefault(o => stored == $"torch._utils.{o.Function}").Description
                ?? "which is not read because it could run code: save tensors, as in torch.save(model.state_dict(), …)"));
    }

    private static string[] Describe(string path, StateDict chosen) => chosen.HasArrays
        ? [$"{path}: {(chosen.Tensors.Count == chosen.Arrays.Count ? "its weights are" : "some of its weights are")} arrays of NumPy, read as tensors"]
        : chosen.Class is not { } name ? []
        : [$"{path}: contains a whole module, {QuoteName(name)}; its tensors are read, none of its code: the architecture decides what is computed"];

    private static string DescribeContent(object? root) => root switch
    {
        PickleMap map when map.Entries.FirstOrDefault(e => e.Value is PickleObject) is { Key: { } name, Value: PickleObject made }
            && !map.Entries.Any(e => e.Value is PickleMap) => $"{QuoteName(name)} is not a tensor but {QuoteName(made.Class)}; save tensors",
        PickleMap { Entries.Count: 0, HasOtherKeys: true } => "the keys of its dictionary are not texts: save the state dict by itself",
        PickleMap { Entries.Count: > 0 } map => $"its keys are {JoinNames(map.Entries.Keys)}",
        TensorRef => "it is a single tensor",
        PickleObject made => $"it is an object of {QuoteName(made.Class)}, which is not created because it could run code: "
            + "save model.state_dict(), or the model by torch.jit.trace",
        _ => "it has no dictionary of tensors",
    };

    private static string JoinNames(IEnumerable<string> keys)
    {
        var all = keys.ToList();
        return string.Join(", ", all.Take(8).Select(QuoteName)) + (all.Count > 8 ? ", …" : "");
    }

    private static string QuoteName(string key) =>
        key.Length == 0 ? "the whole file" : $"'{Printable.Shorten(key)}'";
}
