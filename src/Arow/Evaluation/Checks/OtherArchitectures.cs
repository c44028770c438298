using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;
using Arow.Statistics;

namespace Arow.Evaluation.Checks;

/// <summary>
/// Architectures that the keys of a state dict fit as well, though they are other functions. A file does not say which one it was
/// trained as; labelled images do.
/// </summary>
internal static class OtherArchitectures
{
    public const string Name = "architecture";

    private const int MaximumImages = 64;

    /// <summary>The level of the test of all others together.</summary>
    private const double Level = 0.01;

    /// <summary>Returns what the others would give; null if there are none, or if the file proves its architecture by a fingerprint.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The labelled images, of which the first are classified.</param>
    /// <param name="named">The setting that names the architecture.</param>
    public static Finding? Find(LoadedModel model, ImageSet images, string named = "model")
    {
        if (model.Network is not { } network || model.Metadata.ContainsKey("fingerprint")) return null;
        var names = Architectures.FindTwins(network.Architecture);
        if (names.Count == 0) return null;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var count = Math.Min(MaximumImages, images.Count);
        var (x, y) = (ImageSet.ToPixels(images.Gather(0, count)), images.Labels[..count]);
        var own = Right(model.Classifier);
        var others = names.Select(name => (Name: name, Right: RightAs(name))).OrderByDescending(o => o.Right.Count(r => r)).ToList();

        var says = $"The keys of the file fit {network.Architecture}, as which it was evaluated, and {string.Join(", ", names)}: "
            + $"of the first {FindingChecks.DescribeCount(own.Count(r => r), count)} are classified correctly as {network.Architecture}, "
            + $"{string.Join(", ", others.Select(o => $"{o.Right.Count(r => r)} as {o.Name}"))}.";
        var best = others[0];
        var (onlyBest, onlyOwn) = (best.Right.Zip(own).Count(p => p is (true, false)), best.Right.Zip(own).Count(p => p is (false, true)));
        return onlyBest > onlyOwn && McNemar.PValue(onlyBest, onlyOwn) * others.Count <= Level
            ? Finding.Warning(Name, says, $"The weights are probably those of {best.Name}, and the results those of another function: evaluate with "
                + $"{Wording.Current.Setting(named, best.Name)}.", [])
            : Finding.Note(Name, says, "", []);

        bool[] Right(Classifier f) => [.. (f(x).argmax(1) == y).cpu().data<bool>()];

        bool[] RightAs(string name)
        {
            using var other = Network.Create(name, network.Input, network.Classes, network.Normalization, seed: 0);
            if (network.Device.type != DeviceType.CPU) other.Module.to(network.Device);
            other.CopyFrom(network.State);
            var f = other.ForEvaluation();
            return Right(model.OutputOrder is { } order ? order.Apply(f) : f);
        }
    }
}
