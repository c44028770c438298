using System.Globalization;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// Networks as safetensors files. The tensors have PyTorch's keys; architecture, classes, normalisation and a fingerprint
/// of the logits are in the metadata, so that a file is enough to evaluate it, and weights put into another function of
/// the same keys are found out.
/// </summary>
public static class Weights
{
    /// <summary>
    /// How far logits may differ, relative to the largest, from the fingerprint's: float32 sums in another order differ
    /// by some 1e-6 a layer, other processors add to that; another function differs by far more.
    /// </summary>
    private const double FingerprintTolerance = 1e-3;

    /// <summary>Writes the network whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">Its weights and buffers; put into evaluation mode for the fingerprint.</param>
    /// <param name="notes">Further metadata.</param>
    /// <param name="classNames">Names of the classes.</param>
    /// <exception cref="ArithmeticException">The fingerprint's logits are no numbers: weights that are too large to compute with.</exception>
    public static void Save(
        string path, Network network, IReadOnlyDictionary<string, string> notes, IReadOnlyList<string> classNames)
    {
        var fingerprint = Fingerprint(network);
        if (!fingerprint.All(double.IsFinite)) throw new ArithmeticException("the network gives logits that are no numbers (NaN) or infinite");
        var metadata = new Dictionary<string, string>(notes)
        {
            ["format"] = "arow",
            ["architecture"] = network.Architecture,
            ["channels"] = Text(network.Input.Channels),
            ["height"] = Text(network.Input.Height),
            ["width"] = Text(network.Input.Width),
            ["classes"] = Text(network.Classes),
            ["mean"] = Normalization.Text(network.Normalization.Mean),
            ["std"] = Normalization.Text(network.Normalization.Std),
            [ClassNames.Note] = ClassNames.ToNote(classNames),
            ["fingerprint"] = string.Join(' ', fingerprint.Select(Text)),
        };
        Safetensors.Write(path, network.State, metadata);
    }

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="architecture">Its name in the Catalog; null to take the file's own word.</param>
    /// <param name="input">The images; needed only for files of other makes.</param>
    /// <param name="classes">Number of classes; needed only for files of other makes.</param>
    /// <exception cref="InputException">
    /// The file is damaged, its keys or shapes are not the architecture's (each named), or its fingerprint is another's.
    /// </exception>
    public static (Network Network, IReadOnlyDictionary<string, string> Metadata) Load(
        string path, string? architecture = null, InputShape? input = null, int? classes = null)
    {
        using var file = Safetensors.Read(path);
        var network = Empty(path, file.Metadata, architecture, input, classes);
        try
        {
            Fill(path, network, file.Tensors, file.Metadata);
            return (network, file.Metadata);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The classes that the outputs of a network stand for; null where its file does not say it.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="network">What it holds.</param>
    /// <param name="notes">Its notes.</param>
    /// <exception cref="InputException">It names more or fewer than the network has.</exception>
    public static IReadOnlyList<string>? ClassesOf(string path, Network network, IReadOnlyDictionary<string, string> notes)
    {
        var names = ClassNames.Noted(path, notes.GetValueOrDefault(ClassNames.Note));
        return names is null || names.Count == network.Classes ? names
            : throw new InputException($"{path}: names {names.Count} classes, but gives {network.Classes} logits");
    }

    /// <summary>The images that a file's notes say it takes; null where they do not.</summary>
    /// <exception cref="InputException">They say something else than numbers.</exception>
    internal static InputShape? InputOf(string path, IReadOnlyDictionary<string, string> notes) =>
        notes.ContainsKey("channels") ? new InputShape(Whole(path, notes, "channels"), Whole(path, notes, "height"), Whole(path, notes, "width")) : null;

    /// <summary>How many classes a file's notes say it knows; null where they do not.</summary>
    /// <exception cref="InputException">They say something else than a number.</exception>
    internal static int? ClassCountOf(string path, IReadOnlyDictionary<string, string> notes) =>
        notes.ContainsKey("classes") ? Whole(path, notes, "classes") : null;

    /// <summary>A network for the weights of a file, as far as its notes say what it is.</summary>
    internal static Network Empty(
        string path, IReadOnlyDictionary<string, string> notes, string? architecture, InputShape? input, int? classes)
    {
        architecture ??= notes.GetValueOrDefault("architecture")
            ?? throw new InputException($"{path}: does not say its architecture; give --model, one of {Architectures.Names}");
        input = InputOf(path, notes) ?? input;
        classes = ClassCountOf(path, notes) ?? classes;
        if (input is null || classes is null)
            throw new InputException($"{path}: does not say which images it takes; give the data set it is for");
        return Network.Create(architecture, input, classes.Value, ModelNotes.Normalization(path, input.Channels, notes.GetValueOrDefault) ?? Normalization.None, seed: 0);
    }

    /// <summary>Puts tensors of any names that fit into a network, and its normalisation if it is among them.</summary>
    /// <exception cref="InputException">Names or shapes are not the architecture's, a number is not finite, or the fingerprint is another's.</exception>
    internal static void Fill(
        string path, Network network, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> notes)
    {
        var state = network.State;
        var named = KeyNames.Fit(tensors.Keys, state.Keys).ToDictionary(n => n.Key, n => tensors[n.Value]);
        if (KeptNormalization.Take(named, state.Keys, network.Input.Channels) is { } kept) network.Normalization = kept;
        CheckKeys(path, network, named);
        CheckNumbers(path, named);
        network.CopyFrom(state.ToDictionary(s => s.Key, s => named.GetValueOrDefault(s.Key, s.Value)));
        CheckFingerprint(path, network, notes);
    }

    private static void CheckKeys(string path, Network network, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var state = network.State;
        var faults = new List<string>();
        Report("missing", KeyNames.Missing(tensors.Keys, state.Keys));
        Report("unexpected", tensors.Keys.Except(state.Keys));
        Report("of another shape", state.Keys.Intersect(tensors.Keys)
            .Where(k => !state[k].shape.SequenceEqual(tensors[k].shape))
            .Select(k => $"{k} [{string.Join(',', tensors[k].shape)}] instead of [{string.Join(',', state[k].shape)}]"));
        Report("of another type", state.Keys.Intersect(tensors.Keys)
            .Where(k => state[k].is_floating_point() != tensors[k].is_floating_point())
            .Select(k => $"{k} {tensors[k].dtype} instead of {state[k].dtype}"));
        if (faults.Count > 0)
            throw new InputException($"{path}: is no {network.Architecture}: {string.Join("; ", faults)}");

        void Report(string what, IEnumerable<string> keys)
        {
            var all = keys.ToList();
            if (all.Count > 0) faults.Add($"{all.Count} {what}: {First(all)}");
        }
    }

    private static void CheckNumbers(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        var broken = tensors.Where(t => t.Value.is_floating_point() && !Finite.All(t.Value).item<bool>()).Select(t => t.Key).ToList();
        if (broken.Count > 0) throw new InputException($"{path}: holds what is no number (NaN) or infinite in {First(broken)}");
    }

    private static string First(IReadOnlyCollection<string> keys) =>
        $"{string.Join(", ", keys.Order(StringComparer.Ordinal).Take(5))}{(keys.Count > 5 ? ", …" : "")}";

    private static void CheckFingerprint(string path, Network network, IReadOnlyDictionary<string, string> notes)
    {
        if (!notes.TryGetValue("fingerprint", out var text)) return;
        var expected = ModelNotes.Numbers(path, "fingerprint", text);
        var actual = Fingerprint(network);
        var scale = Math.Max(1e-6, expected.Max(Math.Abs));
        if (actual.Length != expected.Length
            || !actual.Zip(expected).All(p => Math.Abs(p.First - p.Second) <= FingerprintTolerance * scale))
        {
            throw new InputException(
                $"{path}: its keys fit {network.Architecture}, but the logits are not those it was saved with; it is of another architecture");
        }
    }

    /// <summary>The logits of two images that a formula defines.</summary>
    private static double[] Fingerprint(Network network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        long[] shape = [2, network.Input.Channels, network.Input.Height, network.Input.Width];
        var pixels = arange(shape.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float64);
        var like = network.Module.parameters().First();
        var x = (0.5 + 0.5 * (0.83 * pixels + 0.4).sin()).reshape(shape).to(like.dtype).to(like.device);
        return network.ForEvaluation()(x).to(ScalarType.Float64).cpu().flatten().data<double>().ToArray();
    }

    private static int Whole(string path, IReadOnlyDictionary<string, string> notes, string key) =>
        int.TryParse(notes.GetValueOrDefault(key), CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new InputException($"{path}: its metadata has no number for '{key}'");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
