using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// Normalization stored among the tensors of a model: <c>mean</c> and <c>std</c>, <c>mu</c> and <c>sigma</c>, <c>new_mean</c> and
/// <c>new_std</c>, <c>pixel_mean</c> and <c>pixel_std</c>, or alike, in any module.
/// </summary>
internal static class StoredNormalization
{
    private const double LargestPixel = 255;

    private static readonly (string Mean, string Std)[] NamePairs = [("mean", "std"), ("mean", "sd"), ("mu", "sigma"), ("mu", "std")];

    /// <summary>Removes the normalization from the tensors and returns it; null, with nothing removed, if there is none.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="networkKeys">Names of the network's own tensors, which are not considered.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="given">Whether the user gives another, which replaces it.</param>
    /// <exception cref="InputException">There are several with different values.</exception>
    public static (Normalization? Normalization, string Remark)? Extract(
        string path, Dictionary<string, Tensor> tensors, IEnumerable<string> networkKeys, int channels, bool given)
    {
        var others = tensors.Keys.Except(networkKeys).ToHashSet();
        var found = others.SelectMany(name => NamePairs.Select(pair => (Mean: name, Std: CounterpartOf(name, pair)))
                .Where(p => p.Std is not null && others.Contains(p.Std)).Take(1))
            .Where(p => Fits(tensors[p.Mean]) && Fits(tensors[p.Std!])).OrderBy(p => p.Mean.Length).ThenBy(p => p.Mean, StringComparer.Ordinal)
            .Select(p => (p.Mean, Std: p.Std!, Value: new Normalization(ToArray(tensors[p.Mean]), ToArray(tensors[p.Std!]))))
            .Where(p => p.Value.Std.All(d => d > 0) && p.Value.Mean.All(double.IsFinite)).ToList();
        if (found.Count == 0) return null;
        var names = string.Join(", ", found.Select(p => $"'{p.Mean}' and '{p.Std}'"));
        var (mean, std) = (found[0].Value.Mean, found[0].Value.Std);
        if (!given && found.Exists(p => !p.Value.Mean.SequenceEqual(mean) || !p.Value.Std.SequenceEqual(std)))
        {
            throw new InputException($"{path}: contains several normalizations with different values: {names}; give "
                + $"{Wording.Current.Setting("mean")} and {Wording.Current.Setting("std")}");
        }
        foreach (var pair in found)
        {
            tensors.Remove(pair.Mean);
            tensors.Remove(pair.Std);
        }
        if (given) return (null, $"{path}: the given normalization replaces that of its tensors {names}");
        var ofBytes = mean.Any(m => m > 1);
        return (ofBytes ? new Normalization([.. mean.Select(m => m / LargestPixel)], [.. std.Select(s => s / LargestPixel)]) : found[0].Value,
            $"{path}: its tensors {names} are the normalization of its input{(ofBytes ? ", of pixels from 0 to 255" : "")}");

        bool Fits(Tensor t) => t.is_floating_point() && (t.numel() == 1 || t.numel() == channels);
    }

    /// <summary>Returns the name of the deviation that belongs to a mean: <c>a.pixel_std</c> for <c>a.pixel_mean</c>; null for none.</summary>
    private static string? CounterpartOf(string name, (string Mean, string Std) pair)
    {
        var start = name.LastIndexOf('.') + 1;
        var own = name[start..];
        var at = own.IndexOf(pair.Mean, StringComparison.Ordinal);
        // "mu" is a part of many other words.
        if (at < 0 || pair.Mean == "mu" && own.TrimStart('_') != "mu") return null;
        return name[..start] + own[..at] + pair.Std + own[(at + pair.Mean.Length)..];
    }

    private static double[] ToArray(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.to(ScalarType.Float64).flatten().cpu().data<double>().ToArray();
    }
}
