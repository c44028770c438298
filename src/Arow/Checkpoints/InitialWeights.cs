using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>Whether the last linear layer of a network begins as that of the model that it starts from.</summary>
public enum HeadReset
{
    /// <summary>Kept where the model names its classes and all classes of the images are among them, in the order of the images; made anew otherwise.</summary>
    Auto,

    /// <summary>Made anew.</summary>
    Yes,

    /// <summary>Kept; an error where the classes are others.</summary>
    No,
}

/// <summary>Weights of a trained model as the beginning of another training (fine-tuning).</summary>
public static class InitialWeights
{
    /// <summary>Puts the weights of a file into a network of the same architecture, and the normalisation of pixels that they were trained with.</summary>
    /// <param name="path">Safetensors or a PyTorch checkpoint.</param>
    /// <param name="key">Which state dict of a checkpoint; null for the usual one.</param>
    /// <param name="network">Freshly made; its own head stays where none is kept.</param>
    /// <param name="classes">Names of the images' classes, in order.</param>
    /// <param name="reset">What becomes of the head.</param>
    /// <returns>What was taken over and what was not, a sentence.</returns>
    /// <exception cref="InputException">The file is damaged, holds no weights by name, or they do not fit (each is named).</exception>
    public static string Load(string path, string? key, Network network, IReadOnlyList<string> classes, HeadReset reset)
    {
        var state = network.State;
        return ModelFile.WithTensors(path, key, [.. state.Keys], (tensors, notes) =>
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var named = KeyNames.Fit(tensors.Keys, state.Keys).ToDictionary(n => n.Key, n => tensors[n.Value]);
            var normalization = KeptNormalization.Take(named, state.Keys, network.Input.Channels)
                ?? ModelNotes.Normalization(path, network.Input.Channels, notes.GetValueOrDefault);
            var head = network.HeadName ?? throw new InputException($"{network.Architecture}: is no architecture of the Catalog, whose head is known");
            var (rows, why) = Rows(path, named.GetValueOrDefault($"{head}.weight"), ClassNames.Noted(path, notes.GetValueOrDefault(ClassNames.Note)), classes, reset);
            foreach (var part in (string[])["weight", "bias"])
            {
                var name = $"{head}.{part}";
                if (rows is null) named.Remove(name);
                else if (named.TryGetValue(name, out var theirs)) named[name] = theirs.index_select(0, tensor(rows, device: theirs.device));
            }
            CheckFit(path, network, named, except: rows is null ? head : null);
            network.CopyFrom(state.ToDictionary(s => s.Key, s => named.GetValueOrDefault(s.Key, s.Value)));
            if (normalization is not null) network.Normalization = normalization;
            var others = tensors.Count - named.Keys.Intersect(state.Keys).Count() - (rows is null ? 2 : 0);
            return $"begins with the weights of {path}; the head ({head}) is {why}{(others > 0 ? $"; {others} tensors of the file belong to no layer of {network.Architecture} and are passed over" : "")}";
        });
    }

    /// <summary>The rows of the model's head that stand for the images' classes; null where the head is made anew. And why.</summary>
    private static (long[]? Rows, string Why) Rows(string path, Tensor? weight, IReadOnlyList<string>? known, IReadOnlyList<string> classes, HeadReset reset)
    {
        if (reset == HeadReset.Yes) return (null, "made anew, as asked");
        if (weight is null) return reset == HeadReset.Auto ? (null, "made anew: the file has none") : throw new InputException($"{path}: has no head to keep");
        if (known is not null && known.Count != weight.shape[0]) throw new InputException($"{path}: names {known.Count} classes, but its head has {weight.shape[0]} rows");
        if (known is not null && ClassOrder.Find(known, classes) is { } found)
        {
            return (found, found.Length < known.Count ? $"kept for {found.Length} of its {known.Count} classes"
                : found.SequenceEqual(Enumerable.Range(0, found.Length).Select(i => (long)i)) ? "kept: the classes are the same" : "kept, its classes put in the order of the images'");
        }
        if (reset == HeadReset.Auto)
        {
            return (null, known is null ? "made anew: the file does not name its classes (reset-head no keeps it as it is)"
                : $"made anew: the images have {ClassNames.Short(classes)}, the file {ClassNames.Short(known)}");
        }
        if (known is not null) throw new InputException($"{path}: the images have {ClassNames.Short(classes)}, the file {ClassNames.Short(known)}: its head cannot be kept");
        return weight.shape[0] == classes.Count ? ([.. Enumerable.Range(0, classes.Count)], "kept: its classes have no names and are taken for the images', in their order")
            : throw new InputException($"{path}: its head has {weight.shape[0]} classes, the images have {classes.Count}: it cannot be kept");
    }

    private static void CheckFit(string path, Network network, IReadOnlyDictionary<string, Tensor> tensors, string? except)
    {
        var state = network.State.Where(s => except is null || !s.Key.StartsWith($"{except}.", StringComparison.Ordinal)).ToDictionary();
        string[] faults =
        [
            .. KeyNames.Missing(tensors.Keys, state.Keys).Select(name => $"{name} is missing"),
            .. state.Where(s => tensors.TryGetValue(s.Key, out var t) && !t.shape.SequenceEqual(s.Value.shape))
                .Select(s => $"{s.Key} is [{string.Join(',', tensors[s.Key].shape)}] instead of [{string.Join(',', s.Value.shape)}]"),
            .. state.Where(s => tensors.TryGetValue(s.Key, out var t) && t.is_floating_point() && !t.isfinite().all().item<bool>()).Select(s => $"{s.Key} holds what is no number or infinite"),
        ];
        if (faults.Length == 0) return;
        throw new InputException($"{path}: does not fit {network.Architecture} for images of {network.Input}: {string.Join("; ", faults.Take(5))}{(faults.Length > 5 ? $"; and {faults.Length - 5} more" : "")}");
    }
}
