using System.Globalization;
using Arow.Classes;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// Networks as safetensors files. Tensors have PyTorch's keys. The metadata contains architecture, classes, normalization and a
/// fingerprint of the logits, so that a file can be evaluated by itself, and weights that are loaded into another function with the
/// same keys are detected.
/// </summary>
/// <example>
/// <code>
/// var (network, notes) = NetworkFile.Load("runs/first/weights.safetensors");
/// using (network)
/// {
///     Classifier f = network.ForEvaluation();
/// }
/// </code>
/// </example>
public static class NetworkFile
{
    /// <summary>
    /// Largest difference of logits from the fingerprint, relative to the largest logit. Another order of float32 summation changes
    /// them by about 1e-6 per layer, other processors add to that; another function differs by far more.
    /// </summary>
    private const double FingerprintTolerance = 1e-3;

    /// <summary>Writes the network atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">Source of weights and buffers; switched to evaluation mode for the fingerprint.</param>
    /// <param name="notes">Further metadata.</param>
    /// <param name="classNames">Class names.</param>
    /// <exception cref="ArithmeticException">The logits of the fingerprint are not finite: the weights are too large.</exception>
    public static void Save(
        string path, Network network, IReadOnlyDictionary<string, string> notes, IReadOnlyList<string> classNames)
    {
        var fingerprint = ComputeFingerprint(network);
        if (!fingerprint.All(double.IsFinite)) throw new ArithmeticException("the network gives logits that are NaN or infinite");
        var metadata = new Dictionary<string, string>(notes)
        {
            ["format"] = "arow",
            ["architecture"] = network.Architecture,
            ["channels"] = Format(network.Input.Channels),
            ["height"] = Format(network.Input.Height),
            ["width"] = Format(network.Input.Width),
            ["classes"] = Format(network.Classes),
            ["mean"] = Normalization.Format(network.Normalization.Mean),
            ["std"] = Normalization.Format(network.Normalization.Std),
            [ClassNames.MetadataKey] = ClassNames.ToMetadata(classNames),
            ["fingerprint"] = string.Join(' ', fingerprint.Select(Format)),
        };
        Safetensors.Write(path, network.State, metadata);
    }

    /// <summary>Loads a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="architecture">Name in the Catalog; null to use the metadata.</param>
    /// <param name="input">Shape of the images; needed only for files of other programs.</param>
    /// <param name="classes">Number of classes; needed only for files of other programs.</param>
    /// <exception cref="InputException">
    /// The file is damaged, its keys or shapes do not match the architecture (each mismatch is named), or its fingerprint differs.
    /// </exception>
    public static (Network Network, IReadOnlyDictionary<string, string> Metadata) Load(
        string path, string? architecture = null, InputShape? input = null, int? classes = null)
    {
        using var file = Safetensors.Read(path);
        var network = CreateNetwork(path, file.Metadata, architecture, input, classes);
        try
        {
            LoadInto(path, network, file.Tensors, file.Metadata);
            return (network, file.Metadata);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Returns the class names of the network's outputs; null if the file does not contain them.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="network">Network of the file.</param>
    /// <param name="notes">Metadata of the file.</param>
    /// <exception cref="InputException">The number of names differs from the network's number of classes.</exception>
    public static IReadOnlyList<string>? ReadClassNames(string path, Network network, IReadOnlyDictionary<string, string> notes)
    {
        var names = ClassNames.FromMetadata(path, notes.GetValueOrDefault(ClassNames.MetadataKey));
        return names is null || names.Count == network.Classes ? names
            : throw new InputException($"{path}: names {names.Count} classes, but gives {network.Classes} logits");
    }

    /// <summary>Returns the image shape in a file's metadata; null if there is none.</summary>
    /// <exception cref="InputException">The values are not numbers.</exception>
    internal static InputShape? ReadInputShape(string path, IReadOnlyDictionary<string, string> notes) =>
        notes.ContainsKey("channels")
            ? new InputShape(ParsePositive(path, notes, "channels"), ParsePositive(path, notes, "height"), ParsePositive(path, notes, "width"))
                : null;

    /// <summary>Returns the number of classes in a file's metadata; null if there is none.</summary>
    /// <exception cref="InputException">The value is not a number.</exception>
    internal static int? ReadClassCount(string path, IReadOnlyDictionary<string, string> notes) =>
        notes.ContainsKey("classes") ? ParsePositive(path, notes, "classes") : null;

    /// <summary>The error of a file that does not name its architecture.</summary>
    internal static string DescribeUnnamed(string path) =>
        $"{path}: does not contain its architecture; give {Wording.Current.Setting("model")}; {Wording.Current.ListArchitectures}";

    /// <summary>Creates a network for the weights of a file, as described by its metadata.</summary>
    internal static Network CreateNetwork(
        string path, IReadOnlyDictionary<string, string> notes, string? architecture, InputShape? input, int? classes)
    {
        architecture ??= notes.GetValueOrDefault("architecture")
            ?? throw new InputException(DescribeUnnamed(path));
        input = ReadInputShape(path, notes) ?? input;
        classes = ReadClassCount(path, notes) ?? classes;
        if (input is null || classes is null)
            throw new InputException($"{path}: does not contain its image shape; give the data set");
        return Network.Create(architecture, input, classes.Value,
            ModelMetadata.ParseNormalization(path, input.Channels, notes.GetValueOrDefault)
                ?? Architectures.Find(architecture).DefaultNormalization(input, classes.Value), seed: 0);
    }

    /// <summary>Loads tensors, with any matching names, into a network, and the normalization if they contain one.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="network">The network.</param>
    /// <param name="tensors">The tensors of the file.</param>
    /// <param name="notes">Metadata of the file.</param>
    /// <param name="source">What was said about the file; null for nothing.</param>
    /// <returns>What was found and passed over besides, one sentence each.</returns>
    /// <exception cref="InputException">Names or shapes do not match the architecture, a value is not finite, or the fingerprint differs.</exception>
    internal static IReadOnlyList<string> LoadInto(string path, Network network, IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string> notes, ModelSource? source = null)
    {
        using var scope = NewDisposeScope();
        var computed = new List<string>();
        tensors = ComputedWeights.Compute(path, tensors, computed);
        var state = network.State;
        var mapping = StateDictKeys.MapToNetwork(tensors.Keys, state.Keys);
        // NumPy makes arrays of one number where counters are single ones.
        var mapped = mapping.ToDictionary(n => n.Key,
            n => tensors[n.Value] is { } t && StateDictKeys.IsBatchCounter(n.Key) && t.numel() == 1 ? t.reshape([]) : tensors[n.Value]);
        var unused = new UnusedTensors(path, mapped, state);
        unused.Ignore(source?.IgnoreKeys ?? []);
        unused.PassOverNotes();
        if (StoredNormalization.Extract(path, mapped, state.Keys, network.Input.Channels, source?.Normalization is not null) is { } kept)
        {
            if (kept.Normalization is { } normalization) network.Normalization = normalization;
            unused.Remarks.Add(kept.Remark);
        }
        unused.PassOver();
        if (StateDictKeys.FindOfOtherParts(mapping, state) is [_, ..] apart)
            unused.Remarks.Add($"{path}: {string.Join(", ", apart.Take(3).Select(n => $"'{n.Value}' is taken as {n.Key}"))}{(apart.Count > 3 ? ", …" : "")}");
        ValidateKeys(path, network, mapped);
        ValidateFinite(path, mapped);
        network.CopyFrom(state.ToDictionary(s => s.Key, s => mapped.GetValueOrDefault(s.Key, s.Value)));
        VerifyFingerprint(path, network, notes);
        return [.. computed, .. unused.Remarks];
    }

    private static void ValidateKeys(string path, Network network, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var state = network.State;
        var errors = new List<string>();
        Report("missing", StateDictKeys.FindMissing(tensors.Keys, state.Keys));
        Report("unexpected", tensors.Keys.Except(state.Keys));
        var onlyUnexpected = errors.Count == 1 && tensors.Keys.Except(state.Keys).Any();
        Report("of different shape", state.Keys.Intersect(tensors.Keys)
            .Where(k => !state[k].shape.SequenceEqual(tensors[k].shape))
            .Select(k => $"{k} [{string.Join(',', tensors[k].shape)}] instead of [{string.Join(',', state[k].shape)}]"));
        Report("of different type", state.Keys.Intersect(tensors.Keys)
            .Where(k => state[k].is_floating_point() != tensors[k].is_floating_point())
            .Select(k => $"{k} {tensors[k].dtype} instead of {state[k].dtype}"));
        if (errors.Count > 0)
            throw new InputException($"{path}: does not match {network.Architecture}: {string.Join("; ", errors)}"
                + (ArchitectureKeys.Describe(tensors.ToDictionary(t => t.Key, t => t.Value.shape), network.Architecture) is { } whose ? $"; {whose}"
                    : onlyUnexpected && errors.Count == 1
                        ? $"; if the model does not need them, {Wording.Current.Setting("ignore-keys", "PATTERN")} leaves them out" : ""));

        void Report(string what, IEnumerable<string> keys)
        {
            var all = keys.ToList();
            if (all.Count > 0) errors.Add($"{all.Count} {what}: {JoinFirst(all)}");
        }
    }

    private static void ValidateFinite(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        var broken = tensors.Where(t => t.Value.is_floating_point() && !Finite.All(t.Value).item<bool>()).Select(t => t.Key).ToList();
        if (broken.Count > 0) throw new InputException($"{path}: has NaN or infinite values in {JoinFirst(broken)}");
    }

    private static string JoinFirst(IReadOnlyCollection<string> keys) =>
        $"{string.Join(", ", keys.Order(StringComparer.Ordinal).Take(5))}{(keys.Count > 5 ? ", …" : "")}";

    private static void VerifyFingerprint(string path, Network network, IReadOnlyDictionary<string, string> notes)
    {
        if (!notes.TryGetValue("fingerprint", out var text)) return;
        var expected = ModelMetadata.ParseNumbers(path, "fingerprint", text);
        var actual = ComputeFingerprint(network);
        var scale = Math.Max(1e-6, expected.Max(Math.Abs));
        if (actual.Length != expected.Length
            || !actual.Zip(expected).All(p => Math.Abs(p.First - p.Second) <= FingerprintTolerance * scale))
        {
            throw new InputException(
                $"{path}: its keys match {network.Architecture}, but its logits differ from the saved ones; it has another architecture");
        }
    }

    /// <summary>Computes the logits of two images that a formula defines.</summary>
    private static double[] ComputeFingerprint(Network network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        long[] shape = [2, network.Input.Channels, network.Input.Height, network.Input.Width];
        var pixels = arange(shape.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float64);
        var like = network.Module.parameters().First();
        var x = (0.5 + 0.5 * (0.83 * pixels + 0.4).sin()).reshape(shape).to(like.dtype).to(like.device);
        return network.ForEvaluation()(x).to(ScalarType.Float64).cpu().flatten().data<double>().ToArray();
    }

    private static int ParsePositive(string path, IReadOnlyDictionary<string, string> notes, string key) =>
        int.TryParse(notes.GetValueOrDefault(key), CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new InputException($"{path}: its metadata has no number for '{key}'");

    private static string Format(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
