namespace Arow.Checkpoints;

/// <summary>A dictionary of tensors in a PyTorch file.</summary>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Others">Names that stand for something that is not read as a tensor, with its class.</param>
/// <param name="Class">Class of the module, if it was saved whole.</param>
internal sealed record StateDict(IReadOnlyDictionary<string, TensorRef> Tensors, IReadOnlyDictionary<string, string> Others, string? Class)
{
    /// <summary>Arrays of NumPy beside the tensors, which are read where tensors are missing.</summary>
    public IReadOnlyDictionary<string, TensorRef> Arrays { get; init; } = new Dictionary<string, TensorRef>();

    /// <summary>Whether arrays of NumPy are among the tensors.</summary>
    public bool HasArrays { get; private init; }

    /// <summary>
    /// Returns the dictionary with the arrays that the network needs among its tensors; all of them if there are no others. Histories and
    /// states of random generators lie beside weights too.
    /// </summary>
    /// <param name="networkKeys">Names of the network's tensors.</param>
    public StateDict WithArrays(IReadOnlyCollection<string> networkKeys)
    {
        if (Arrays.Count == 0) return this;
        if (Tensors.Count == 0) return this with { Tensors = Arrays, HasArrays = true };
        var own = networkKeys.ToHashSet();
        var missing = StateDictKeys.FindMissing(StateDictKeys.MapToNetwork(Tensors.Keys, own).Keys, own).ToHashSet();
        var needed = StateDictKeys.MapToNetwork(Tensors.Keys.Concat(Arrays.Keys), own)
            .Where(n => missing.Contains(n.Key) && Arrays.ContainsKey(n.Value)).ToList();
        if (needed.Count == 0) return this;
        return this with
        {
            Tensors = Tensors.Concat(needed.Select(n => KeyValuePair.Create(n.Value, Arrays[n.Value]))).ToDictionary(),
            HasArrays = true,
        };
    }
}
