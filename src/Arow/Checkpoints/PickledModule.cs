using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// A module that was saved whole, <c>torch.save(model)</c>: an object with its parameters, buffers and submodules, of which the
/// state dict is read. Its class and code are not.
/// </summary>
internal static class PickledModule
{
    private const int MaxDepth = 64;
    private const int MaxModules = 100_000;

    /// <summary>Returns the state dict of a module; null if the object is none.</summary>
    public static StateDict? TryRead(PickleObject made)
    {
        if (Members(made) is null) return null;
        var (tensors, others, modules) = (new Dictionary<string, TensorRef>(), new Dictionary<string, string>(), 0);
        Add("", made, 0);
        return new StateDict(tensors, others, made.Class);

        void Add(string prefix, PickleObject module, int depth)
        {
            // A module may be used in several places or, maliciously, within itself.
            if (depth > MaxDepth || modules++ > MaxModules || Members(module) is not { } members) return;
            var hidden = Names(members.GetValueOrDefault("_non_persistent_buffers_set"));
            foreach (var part in (string[])["_parameters", "_buffers"])
            {
                foreach (var (name, value) in ((PickleMap)members[part]!).Entries.Where(e => part == "_parameters" || !hidden.Contains(e.Key)))
                {
                    if (value is TensorRef tensor) tensors.TryAdd(prefix + name, tensor);
                    else if (value is PickleObject other) others.TryAdd(prefix + name, other.Class);
                }
            }
            foreach (var (name, value) in ((PickleMap)members["_modules"]!).Entries)
            {
                if (value is PickleObject child) Add($"{prefix}{name}.", child, depth + 1);
            }
        }
    }

    private static IReadOnlyDictionary<string, object?>? Members(PickleObject made) =>
        made.State is PickleMap state && ((string[])["_parameters", "_buffers", "_modules"])
            .All(name => state.Entries.GetValueOrDefault(name) is PickleMap) ? state.Entries : null;

    /// <summary>The names in a set, which is a list or, before protocol 4, a call with a list.</summary>
    private static HashSet<string> Names(object? set) => set switch
    {
        List<object?> list => [.. list.OfType<string>()],
        PickleObject { Arguments: [List<object?> list] } => [.. list.OfType<string>()],
        _ => [],
    };
}
