using System.IO.Enumeration;

namespace Arow.Checkpoints;

/// <summary>
/// Tensors of a file that the network has no place for. Those that no forward pass uses are passed over, with a remark; the
/// remaining ones are left to be reported as errors, because they may change what the model computes.
/// </summary>
/// <param name="path">For messages.</param>
/// <param name="tensors">The tensors by their names in the network, or in the file if it has no place for them.</param>
/// <param name="state">The network's tensors.</param>
internal sealed class UnusedTensors(string path, Dictionary<string, Tensor> tensors, IReadOnlyDictionary<string, Tensor> state)
{
    private const string UnusedBlock = "sub_block1.", UsedBlock = "block1.";
    private const string ClassCount = "n_classes";

    /// <summary>Numbers that averaging of weights, counting of operations and frameworks store beside the weights.</summary>
    private static readonly string[] Counters =
        ["n_averaged", "total_ops", "total_params", ClassCount, "num_updates", "decay", "initted", "step", "global_step", "epoch"];

    /// <summary>Modules that are used in training only.</summary>
    private static readonly string[] Losses = ["criterion", "loss", "loss_fn", "loss_function"];

    /// <summary>What was passed over, one sentence each.</summary>
    public List<string> Remarks { get; } = [];

    private IEnumerable<string> Others => tensors.Keys.Where(name => !state.ContainsKey(name));

    /// <summary>Removes the tensors that the user wants to be left out.</summary>
    /// <exception cref="InputException">A pattern matches none.</exception>
    public void Ignore(IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            var matching = tensors.Keys.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)).ToList();
            if (matching.Count == 0) throw new InputException($"{path}: has no tensor '{pattern}'; {Wording.Current.Setting("ignore-keys")} names some that it has");
            Remove(matching, $"left out as '{pattern}' says");
        }
    }

    /// <summary>
    /// Removes the normalization that MAIR notes beside its models: their forward pass does not apply it, unless it was added to the
    /// model.
    /// </summary>
    public void PassOverNotes()
    {
        if (!Others.Contains(ClassCount)) return;
        Remove([.. Others.Where(name => name is "mean" or "std")],
            $"not applied: MAIR notes them beside '{ClassCount}', and its forward pass does not use them");
    }

    /// <summary>Removes what no forward pass uses.</summary>
    /// <exception cref="InputException">The file contains the model several times, with different values.</exception>
    public void PassOver()
    {
        Remove([.. Others.Where(name => Counters.Contains(name[(name.LastIndexOf('.') + 1)..]) && tensors[name].numel() == 1)],
            "passed over: counters that no prediction uses");
        Remove([.. Others.Where(name => Array.Exists(Losses, l => name.StartsWith($"{l}.", StringComparison.Ordinal)))],
            "passed over: parts of a training loss");
        Remove([.. Others.Where(name => IsUnusedBlock(name))],
            "passed over: the published code creates this block and does not use it");
        foreach (var prefix in FindCopies())
        {
            List<string> copy =
                [.. Others.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && state.ContainsKey(name[prefix.Length..]))];
            if (!copy.TrueForAll(name => IsEqual(tensors[name], tensors.GetValueOrDefault(name[prefix.Length..]))))
            {
                throw new InputException($"{path}: contains the model several times with different values, one of them under '{prefix}'; select one with "
                    + Wording.Current.Setting("key", prefix.TrimEnd('.')));
            }
            Remove(copy, "passed over: a second copy of the model, with the same values");
        }
    }

    private bool IsUnusedBlock(string name)
    {
        var at = name.IndexOf(UnusedBlock, StringComparison.Ordinal);
        return at >= 0 && state.TryGetValue(UsedBlock + name[(at + UnusedBlock.Length)..], out var twin)
            && twin.shape.SequenceEqual(tensors[name].shape);
    }

    /// <summary>Returns prefixes under which all tensors of the network occur again.</summary>
    private List<string> FindCopies()
    {
        var first = state.Keys.First(name => !StateDictKeys.IsBatchCounter(name));
        return [.. Others.Where(name => name.EndsWith($".{first}", StringComparison.Ordinal)).Select(name => name[..^first.Length]).Distinct()
            .Where(prefix => state.Keys.All(name => StateDictKeys.IsBatchCounter(name) || tensors.ContainsKey(prefix + name)))];
    }

    private static bool IsEqual(Tensor a, Tensor? b)
    {
        using var scope = NewDisposeScope();
        return b is not null && a.dtype == b.dtype && a.shape.SequenceEqual(b.shape) && (a == b).all().item<bool>();
    }

    private void Remove(List<string> names, string reason)
    {
        if (names.Count == 0) return;
        foreach (var name in names) tensors.Remove(name);
        Remarks.Add($"{path}: {string.Join(", ", names.Order(StringComparer.Ordinal).Take(3).Select(name => $"'{name}'"))}"
            + $"{(names.Count > 3 ? $" and {names.Count - 3} more tensors" : "")}: {reason}");
    }
}
