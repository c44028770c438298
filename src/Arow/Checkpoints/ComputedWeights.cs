namespace Arow.Checkpoints;

/// <summary>
/// Weights that a module computes in every forward pass from the tensors that it saves instead, by <c>torch.nn.utils</c>: pruning
/// (<c>weight_orig</c>, <c>weight_mask</c>), weight normalization (<c>weight_g</c>, <c>weight_v</c>) and spectral normalization
/// (<c>weight_orig</c>, <c>weight_u</c>, <c>weight_v</c>). In evaluation mode they are constants.
/// </summary>
internal static class ComputedWeights
{
    private const string Parametrizations = "parametrizations.";

    /// <summary>What is computed, from which tensors, after the name of the weight; the first of them is replaced.</summary>
    private static readonly (string What, string[] Endings, Func<Tensor[], Tensor?> Compute)[] Kinds =
    [
        ("pruning", ["_orig", "_mask"], t => t[0].shape.SequenceEqual(t[1].shape) ? t[0] * t[1] : null),
        ("spectral normalization", ["_orig", "_u", "_v"], NormalizeSpectrum),
        ("spectral normalization", [".original", ".0._u", ".0._v"], NormalizeSpectrum),
        ("weight normalization", ["_g", "_v"], NormalizeWeight),
        ("weight normalization", [".original0", ".original1"], NormalizeWeight),
    ];

    /// <summary>Returns the tensors with each computed weight in place of those that it is computed from.</summary>
    /// <param name="path">The file, for the remark.</param>
    /// <param name="tensors">The tensors of the file.</param>
    /// <param name="remarks">Receives what was computed.</param>
    public static IReadOnlyDictionary<string, Tensor> Compute(string path, IReadOnlyDictionary<string, Tensor> tensors, ICollection<string> remarks)
    {
        Dictionary<string, Tensor>? all = null;
        foreach (var (what, endings, compute) in Kinds)
        {
            var names = tensors.Keys.Where(key => key.EndsWith(endings[0], StringComparison.Ordinal)).Select(key => key[..^endings[0].Length])
                .Where(name => endings.All(ending => (all ?? tensors).ContainsKey(name + ending))).ToList();
            var computed = 0;
            foreach (var name in names)
            {
                if (compute([.. endings.Select(ending => tensors[name + ending])]) is not { } weight) continue;
                all ??= tensors.ToDictionary();
                foreach (var ending in endings) all.Remove(name + ending);
                all[name.Replace(Parametrizations, "", StringComparison.Ordinal)] = weight;
                computed++;
            }
            if (computed > 0) remarks.Add($"{path}: {what}: {computed} {(computed == 1 ? "weight is" : "weights are")} computed from the tensors "
                + $"'…{string.Join("', '…", endings)}', as torch.nn.utils does");
        }
        return all ?? tensors;
    }

    /// <summary>g v / |v|, where the norm is over the dimensions that g does not have.</summary>
    private static Tensor? NormalizeWeight(Tensor[] t)
    {
        var (g, v) = (t[0], t[1]);
        var isWhole = g.dim() == 0;
        if (!isWhole && (g.dim() != v.dim() || g.shape.Zip(v.shape).Any(s => s.First != 1 && s.First != s.Second))) return null;
        var over = Enumerable.Range(0, (int)v.dim()).Where(d => isWhole || g.shape[d] == 1).Select(d => (long)d).ToArray();
        return over.Length == 0 ? g * v.sign() : v * (g / v.square().sum(over, keepdim: !isWhole).sqrt());
    }

    /// <summary>The weight over its largest singular value, which is u W v with the vectors of the file.</summary>
    private static Tensor? NormalizeSpectrum(Tensor[] t)
    {
        var (weight, u, v) = (t[0], t[1], t[2]);
        if (u.dim() != 1 || v.dim() != 1 || weight.dim() < 2 || u.numel() * v.numel() != weight.numel()) return null;
        // Transposed convolutions have their outputs second.
        var matrix = weight.shape[0] == u.numel() ? weight : weight.shape[1] == u.numel() ? weight.transpose(0, 1) : null;
        return matrix is null ? null : weight / u.dot(matrix.reshape(u.numel(), -1).mv(v));
    }
}
