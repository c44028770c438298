using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// Normalization stored among the tensors of a model, as in RobustBench's: <c>mu</c> and <c>sigma</c>, or <c>0.mean</c> and
/// <c>0.std</c> of a normalization layer.
/// </summary>
internal static class StoredNormalization
{
    private static readonly (string Mean, string Std)[] NamePairs = [("mean", "std"), ("mu", "sigma")];

    /// <summary>Removes the normalization from the tensors and returns it; null, with nothing removed, if there is none.</summary>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="networkKeys">Names of the network's own tensors, which are not considered.</param>
    /// <param name="channels">Channels of the images.</param>
    public static Normalization? Extract(Dictionary<string, Tensor> tensors, IEnumerable<string> networkKeys, int channels)
    {
        var others = tensors.Keys.Except(networkKeys).ToList();
        foreach (var (mean, std) in NamePairs)
        {
            var found = others.Where(name => name.Split('.')[^1] == mean).ToList();
            if (found.Count != 1 || !tensors.ContainsKey(found[0][..^mean.Length] + std)) continue;
            var (m, s) = (found[0], found[0][..^mean.Length] + std);
            if (!Fits(tensors[m]) || !Fits(tensors[s])) continue;
            var normalization = new Normalization(ToArray(tensors[m]), ToArray(tensors[s]));
            if (normalization.Std.Any(d => !(d > 0))) continue;
            tensors.Remove(m);
            tensors.Remove(s);
            return normalization;
        }
        return null;

        bool Fits(Tensor t) => t.is_floating_point() && (t.numel() == 1 || t.numel() == channels);
    }

    private static double[] ToArray(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.to(ScalarType.Float64).flatten().cpu().data<double>().ToArray();
    }
}
