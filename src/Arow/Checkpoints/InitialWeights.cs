using Arow.Classes;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>Initialization of the last linear layer of a network that starts from a trained model.</summary>
public enum HeadReset
{
    /// <summary>
    /// Keep the head if the file names its classes and they include all classes of the images; its rows follow the order of the
    /// images' classes. Otherwise reinitialize it.
    /// </summary>
    Auto,

    /// <summary>Reinitialize the head.</summary>
    Yes,

    /// <summary>Keep the head; an error if the classes differ.</summary>
    No,
}

/// <summary>What was loaded.</summary>
/// <param name="Remark">One sentence on what was loaded and what was not.</param>
/// <param name="IsHeadKept">Whether the head is the file's.</param>
/// <param name="Metadata">Metadata of the file.</param>
internal sealed record LoadedWeights(string Remark, bool IsHeadKept, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Weights of a trained model as the initialization of a training run (fine-tuning).</summary>
internal static class InitialWeights
{
    /// <summary>Loads the weights of a file into a network of the same architecture, with the normalization that they were trained with.</summary>
    /// <param name="path">Safetensors or a PyTorch checkpoint.</param>
    /// <param name="key">Name of the state dict in a checkpoint; null for the default one.</param>
    /// <param name="network">A newly created network; its own head remains if none is kept.</param>
    /// <param name="classes">Class names of the images, in order.</param>
    /// <param name="reset">Initialization of the head.</param>
    /// <exception cref="InputException">The file is damaged, contains no named weights, or they do not fit (each mismatch is named).</exception>
    public static LoadedWeights Load(string path, string? key, Network network, IReadOnlyList<string> classes, HeadReset reset)
    {
        var state = network.State;
        return ModelFile.WithTensors(path, key, [.. state.Keys], (tensors, notes, remark) =>
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var named = StateDictKeys.MapToNetwork(tensors.Keys, state.Keys).ToDictionary(n => n.Key, n => tensors[n.Value]);
            var normalization = StoredNormalization.Extract(path, named, state.Keys, network.Input.Channels, given: false)?.Normalization
                ?? ModelMetadata.ParseNormalization(path, network.Input.Channels, notes.GetValueOrDefault);
            var head = network.HeadName
                ?? throw new InputException($"{network.Architecture}: is not an architecture of the Catalog, so its head is unknown");
            var (rows, reason) = SelectHeadRows(path, named.GetValueOrDefault($"{head}.weight"),
                ClassNames.FromMetadata(path, notes.GetValueOrDefault(ClassNames.MetadataKey)), classes, reset);
            foreach (var part in (string[])["weight", "bias"])
            {
                var name = $"{head}.{part}";
                if (rows is null) named.Remove(name);
                else if (named.TryGetValue(name, out var source)) named[name] = source.index_select(0, tensor(rows, device: source.device));
            }
            ValidateFit(path, network, named, except: rows is null ? head : null);
            network.CopyFrom(state.ToDictionary(s => s.Key, s => named.GetValueOrDefault(s.Key, s.Value)));
            if (normalization is not null) network.Normalization = normalization;
            var assumed = normalization is null ? network.DescribePublishedNormalization(notes) : null;
            var others = tensors.Count - named.Keys.Intersect(state.Keys).Count() - (rows is null ? 2 : 0);
            string?[] parts =
            [
                $"starts from the weights of {path}; the head ({head}) is {reason}", assumed is null ? null : $"the file {assumed}",
                others > 0 ? $"{others} tensors of the file belong to no layer of {network.Architecture} and are ignored" : null, remark,
            ];
            return new LoadedWeights(string.Join("; ", parts.OfType<string>()), rows is not null, notes.ToDictionary());
        });
    }

    /// <summary>Returns the rows of the head for the images' classes, null if the head is reinitialized; and the reason.</summary>
    private static (long[]? Rows, string Why) SelectHeadRows(string path, Tensor? weight, IReadOnlyList<string>? fileClasses,
        IReadOnlyList<string> classes, HeadReset reset)
    {
        if (reset == HeadReset.Yes) return (null, "reinitialized as requested");
        if (weight is null) return reset == HeadReset.Auto ? (null, "reinitialized: the file has none")
            : throw new InputException($"{path}: has no head to keep");
        if (fileClasses is not null
            && fileClasses.Count != weight.shape[0]) throw new InputException(
                $"{path}: names {fileClasses.Count} classes, but its head has {weight.shape[0]} rows");
        if (fileClasses is not null && ClassOrder.Find(fileClasses, classes) is { } found)
        {
            return (found, found.Length < fileClasses.Count ? $"kept for {found.Length} of its {fileClasses.Count} classes"
                : found.SequenceEqual(Enumerable.Range(0, found.Length).Select(i => (long)i)) ? "kept: the classes are the same"
                    : "kept, reordered to the images' classes");
        }
        if (reset == HeadReset.Auto)
        {
            return (null, fileClasses is null ? "reinitialized: the file does not name its classes (reset-head no keeps it unchanged)"
                : $"reinitialized: the images have {ClassNames.Summarize(classes)}, the file {ClassNames.Summarize(fileClasses)}");
        }
        if (fileClasses is not null) throw new InputException(
            $"{path}: the images have {ClassNames.Summarize(classes)}, the file {ClassNames.Summarize(fileClasses)}: its head cannot be kept");
        return weight.shape[0] == classes.Count
            ? ([.. Enumerable.Range(0, classes.Count)], "kept: its classes have no names and are assumed to be the images', in the same order")
            : throw new InputException($"{path}: its head has {weight.shape[0]} classes, the images have {classes.Count}: it cannot be kept");
    }

    private static void ValidateFit(string path, Network network, IReadOnlyDictionary<string, Tensor> tensors, string? except)
    {
        var state = network.State.Where(s => except is null || !s.Key.StartsWith($"{except}.", StringComparison.Ordinal)).ToDictionary();
        string[] errors =
        [
            .. StateDictKeys.FindMissing(tensors.Keys, state.Keys).Select(name => $"{name} is missing"),
            .. state.Where(s => tensors.TryGetValue(s.Key, out var t) && !t.shape.SequenceEqual(s.Value.shape))
                .Select(s => $"{s.Key} is [{string.Join(',', tensors[s.Key].shape)}] instead of [{string.Join(',', s.Value.shape)}]"),
            .. state.Where(s => tensors.TryGetValue(s.Key, out var t) && t.is_floating_point() && !t.isfinite().all().item<bool>())
                .Select(s => $"{s.Key} has values that are not finite"),
        ];
        if (errors.Length == 0) return;
        var whose = ArchitectureKeys.Describe(tensors.ToDictionary(t => t.Key, t => t.Value.shape), network.Architecture, canRun: false);
        // Beside the names that are missing they show what the file calls its layers.
        string[] unused = [.. tensors.Keys.Where(name => !network.State.ContainsKey(name))];
        var rest = unused.Length > 3 ? $" or as {unused.Length - 3} more of the file" : "";
        throw new InputException(
            $"{path}: does not fit {network.Architecture} for images of {network.Input}: "
                + $"{string.Join("; ", errors.Take(5))}{(errors.Length > 5 ? $"; and {errors.Length - 5} more" : "")}"
                + (whose is not null ? $"; {whose}" : unused.Length == 0 ? ""
                    : $"; no layer is called {string.Join(", ", unused.Take(3).Select(Printable.Shorten))}{rest}"));
    }
}
