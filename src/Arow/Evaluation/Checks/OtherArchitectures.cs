using Arow.Checkpoints;
using Arow.Classes;
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
    /// <param name="images">The labelled images, of which some are classified.</param>
    /// <param name="named">The setting that names the architecture.</param>
    public static Finding? Find(LoadedModel model, ImageSet images, string named = "model") =>
        model.Network is not { } network || IsProven(model.Metadata) ? null : Find(network, model.Classifier, model.OutputOrder, images, named);

    /// <summary>The same for a network with the weights of a file that proves nothing.</summary>
    public static Finding? Find(Network network, Classifier classifier, ClassOrder? outputs, ImageSet images, string named)
    {
        var names = Architectures.FindTwins(network.Architecture);
        if (names.Count == 0) return null;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        // Of folders, the first images are of one class, which a constant function would classify best.
        using var some = images.Limit(MaximumImages, seed: 0);
        var (x, y) = (ImageSet.ToPixels(some.Gather(0, some.Count)).to(network.Device), some.Labels.to(network.Device));
        var own = Right(classifier);
        var others = names.Select(name => (Name: name, Right: RightAs(name))).OrderByDescending(o => o.Right.Count(r => r)).ToList();

        var drawn = some.Count < images.Count ? $"{some.Count} images drawn at random" : some.Count == 1 ? "1 image" : $"{some.Count} images";
        var says = $"The keys of the file fit {network.Architecture}, as which it is taken, and {string.Join(", ", names)}: of {drawn}, "
            + $"{own.Count(r => r)} are classified correctly as {network.Architecture}, "
            + $"{string.Join(", ", others.Select(o => $"{o.Right.Count(r => r)} as {o.Name}"))}.";
        var best = others[0];
        var (onlyBest, onlyOwn) = (best.Right.Zip(own).Count(p => p is (true, false)), best.Right.Zip(own).Count(p => p is (false, true)));
        return onlyBest > onlyOwn && McNemar.PValue(onlyBest, onlyOwn) * others.Count <= Level
            ? Finding.Warning(Name, says, $"The weights are probably those of {best.Name}, and the results those of another function: give "
                + $"{Wording.Current.Setting(named, best.Name)}.", [])
            : Finding.Note(Name, says, "", []);

        bool[] Right(Classifier f) => [.. (f(x).argmax(1) == y).cpu().data<bool>()];

        bool[] RightAs(string name)
        {
            using var other = Network.Create(name, network.Input, network.Classes, network.Normalization, seed: 0);
            if (network.Device.type != DeviceType.CPU) other.Module.to(network.Device);
            other.CopyFrom(network.State);
            var f = other.ForEvaluation();
            return Right(outputs?.Apply(f) ?? f);
        }
    }

    /// <summary>Describes which was assumed where there are no labelled images; null where <see cref="Find(LoadedModel, ImageSet, string)"/> is.</summary>
    public static string? Describe(string path, LoadedModel model) =>
        model.Network is not { } network || IsProven(model.Metadata) ? null : Describe(path, network);

    /// <summary>The same for a network with the weights of a file that proves nothing.</summary>
    public static string? Describe(string path, Network network) => Architectures.FindTwins(network.Architecture) is not [_, ..] names ? null
        : $"{path}: its keys fit {network.Architecture}, as which it is taken, and {string.Join(", ", names)}, which are other functions; "
            + $"{Wording.Current.Evaluation()} on labelled images tells them apart";

    /// <summary>A finding in one line.</summary>
    public static string ToRemark(Finding finding) => finding.Advice.Length == 0 ? finding.Message : $"{finding.Message} {finding.Advice}";

    /// <summary>Whether a file proves its function.</summary>
    public static bool IsProven(IReadOnlyDictionary<string, string> metadata) => metadata.ContainsKey("fingerprint");
}
