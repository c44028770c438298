using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Classes;
using Arow.Data;
using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.IO;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;
using Arow.Training;

namespace Arow.Inference;

/// <summary>
/// A trained model that classifies pictures from files, streams or bytes, with the preprocessing of its training. Its methods can be
/// called from several threads; the model runs for one of them at a time.
/// </summary>
/// <example>
/// <code>
/// using var predictor = Predictor.Open("runs/photos");
/// Prediction prediction = predictor.Predict("cat.jpg");
/// string text = prediction.ToString();              // cat 87.3 %
/// </code>
/// </example>
public sealed class Predictor : IDisposable
{
    /// <summary>Largest size of an encoded picture in bytes.</summary>
    internal const long MaxFileBytes = 1L << 28;

    /// <summary>Steps and restarts of the attack on a prediction, and queries without gradients.</summary>
    private const int Steps = 20, Restarts = 2, Queries = 1000;

    private const string NotFinite = "gets logits that are not finite from the model";

    private readonly LoadedModel model;
    private readonly PredictorOptions options;
    private readonly IAttack? attack;
    private readonly bool upright;
    private readonly Lock modelLock = new();
    private readonly HeapTrimmer heap = new();
    private bool isDisposed;

    private Predictor(LoadedModel model, InputShape input, IReadOnlyList<string> classes, bool named, PredictorOptions options,
        IReadOnlyList<string> remarks)
    {
        (this.model, this.options, Input, Classes, AreClassesNamed, Remarks) = (model, options, input, classes, named, remarks);
        upright = model.Metadata.ContainsKey(ModelMetadata.ImageResizingKey);
        if (options.AttackThreatModel is not { } threat) return;
        attack = model.Access == Access.Gradients
            ? Pgd.Standard(threat, Steps, AttackLoss.Margin, Restarts)
            : Catalog.Attacks["square"].Create(threat, new AttackBudget(Queries: Queries));
    }

    /// <summary>Input shape of the model; pictures of other sizes are resized.</summary>
    public InputShape Input { get; }

    /// <summary>Class names of the outputs, in order; their indices if there are no names.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Whether the class names are known.</summary>
    public bool AreClassesNamed { get; }

    /// <summary>Maps images [N, C, H, W] in [0, 1] to logits [N, K], including normalization; for attacks and evaluations.</summary>
    public Classifier Classifier => model.Classifier;

    /// <summary>Decides which class an image has.</summary>
    private Classifier Judge => model.Judge ?? model.Classifier;

    /// <summary>Access to the model, which limits the attacks on it.</summary>
    public Access Access => model.Access;

    /// <summary>The network, if the model is an architecture of the Catalog; null for TorchScript, ONNX and others.</summary>
    public Network? Network => model.Network;

    /// <summary>Metadata of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => model.Metadata;

    /// <summary>What was assumed or ignored while opening the model, one sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>The one of them that concerns attacks alone; null if there is none.</summary>
    internal string? AttackRemark => model.AttackRemark;

    /// <summary>Opens a run folder or any supported model file.</summary>
    /// <param name="path">A folder of <c>arow train</c>, weights, a PyTorch checkpoint, TorchScript or ONNX.</param>
    /// <param name="options">Options and what the file does not contain; null for the defaults.</param>
    /// <exception cref="InputException">There is no model, it is damaged, or its image shape is unknown.</exception>
    public static Predictor Open(string path, PredictorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new PredictorOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Top, 1);
        var file = RunFolder.ResolveWeights(path);
        if (!File.Exists(file)) throw new InputException($"{path}: is neither a run folder with weights nor a model file");
        var (notes, onnxInput) = ModelFile.ReadNotes(file);
        // A colour graph may take grey pictures: metadata and options come before the shape of the graph.
        var input = NetworkFile.ReadInputShape(file, notes) ?? options.Input ?? onnxInput
            ?? throw new InputException(
                $"{file}: does not contain its image shape (channels, height, width); give {Wording.Current.Setting("input")}");
        if (input.Channels is not (1 or 3)) throw new InputException($"{file}: accepts images of {input.Channels} channels; pictures have 1 or 3");
        var names = options.ClassNames ?? ClassNames.FromMetadata(file, notes.GetValueOrDefault(ClassNames.MetadataKey));
        var count = names?.Count ?? NetworkFile.ReadClassCount(file, notes) ?? options.ClassCount ?? 0;
        var model = options.Open(new ModelSource(file, input, count)
        {
            Architecture = options.Architecture, OutputClassNames = names, Key = options.Key, Normalization = options.Normalization,
            Device = options.Device, OutputName = options.OutputName, IgnoreKeys = options.IgnoreKeys,
        });
        try
        {
            names ??= ClassNames.FromMetadata(file, model.Metadata.GetValueOrDefault(ClassNames.MetadataKey));
            if (options.AttackThreatModel is not null
                && model.Access == Access.Labels) throw new InputException($"{file}: returns only labels, so its predictions cannot be attacked");
            var replaced = options.ClassNames is { } given
                ? ClassNames.DescribeReplacement(file,
                    notes.GetValueOrDefault(ClassNames.MetadataKey) ?? model.Metadata.GetValueOrDefault(ClassNames.MetadataKey), given) : null;
            return new Predictor(
                model, input, names ?? [.. Enumerable.Range(0, count).Select(i => $"{i}")], names is not null, options,
                [.. ((string?[])[replaced]).OfType<string>(), .. model.Remarks,
                    .. ((string?[])[OtherArchitectures.Describe(file, model)]).OfType<string>()]);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Classifies a picture in a file.</summary>
    /// <exception cref="InputException">
    /// The picture cannot be read, is damaged, or has an unsupported format, or the model's logits for it are not finite.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    public Prediction Predict(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Classify([Decode(path, () => RegularFile.ReadAllBytes(path, MaxFileBytes))])[0]
            ?? throw new InputException($"{path}: {NotFinite}");
    }

    /// <summary>Classifies an encoded picture, such as the bytes of a JPEG file.</summary>
    /// <inheritdoc cref="Predict(string)"/>
    public Prediction Predict(byte[] picture) => Predict(Decode(picture));

    /// <summary>Decodes a picture as in training.</summary>
    internal PictureInput Decode(byte[] picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return PictureInput.Decode(picture, Input, upright);
    }

    /// <summary>Classifies a decoded picture.</summary>
    internal Prediction Predict(PictureInput picture) => Classify([picture])[0] ?? throw new InputException(NotFinite);

    /// <summary>Attacks the model's own prediction for an encoded picture. The attack may come from the Catalog or be your own.</summary>
    /// <param name="picture">Such as the bytes of a JPEG file.</param>
    /// <param name="attack">The attack, which must not need more than <see cref="Access"/> offers.</param>
    /// <param name="cancellation">Cancels between two evaluations of the model.</param>
    /// <exception cref="InputException">
    /// The picture is damaged or has an unsupported format, or the model's logits for it are not finite.
    /// </exception>
    /// <exception cref="ArgumentException">The attack needs more access to the model than there is.</exception>
    public AttackedPicture Attack(byte[] picture, IAttack attack, CancellationToken cancellation = default) =>
        Attack(Decode(picture), attack, cancellation);

    /// <summary>Attacks the prediction for a decoded picture.</summary>
    internal AttackedPicture Attack(PictureInput picture, IAttack attack, CancellationToken cancellation)
    {
        if (attack.Needs < Access) throw new ArgumentException($"{attack.Name} needs {attack.Needs}, and the model offers {Access}", nameof(attack));
        return UseModel(() =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            using var monitor = new ClassifierMonitor(model.Classifier, null, cancellation);
            var x = ImageSet.ToPixels(ToTensor([picture]));
            var z = Judge(x);
            if (!IsFinite(z)[0]) throw new InputException(NotFinite);
            var xAdv = Perturb(monitor.Classify, attack, x, z.argmax(1));
            var distance = PerturbationVerifier.Verify(attack, x, xAdv, [0])[0];
            var zAdv = Judge(xAdv);
            if (!IsFinite(zAdv)[0]) throw new InputException($"{NotFinite} when attacked");
            var (before, after) = (Rank(z)[0], Rank(zAdv)[0]);
            var found = before[0].Index == after[0].Index ? null : after[0].Class;
            var summary = new AttackedPrediction(attack.Name, EnumName.ToName(attack.Threat.Norm), attack.Threat.Epsilon, found);
            return new AttackedPicture(
                new Prediction(before, before[0].Confidence < options.AbstainBelow, picture.Resized, summary)
                {
                    IsFirstOfSeveral = picture.IsFirstOfSeveral,
                },
                new Prediction(after, after[0].Confidence < options.AbstainBelow, picture.Resized), ToArray(x), ToArray(xAdv), distance);
        });

        static float[] ToArray(Tensor t) => t.flatten().cpu().data<float>().ToArray();
    }

    /// <summary>Classifies a picture from a stream, which is read to its end and left open.</summary>
    /// <inheritdoc cref="Predict(string)"/>
    public Prediction Predict(Stream picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = picture.Read(buffer)) > 0;)
        {
            bytes.Write(buffer.AsSpan(0, read));
            if (bytes.Length > MaxFileBytes) throw new InputException($"has more than {MaxFileBytes >> 20} MB, the limit for pictures");
        }
        return Predict(bytes.ToArray());
    }

    /// <summary>
    /// Classifies pictures in order, batch by batch, so that memory does not grow with their number. A damaged picture yields an
    /// error in its place.
    /// </summary>
    /// <param name="paths">Files; read lazily.</param>
    /// <param name="cancellation">Cancels.</param>
    public IEnumerable<NamedPrediction> Predict(IEnumerable<string> paths, CancellationToken cancellation = default) =>
        Predict(paths.Select(path => (path, (Func<byte[]>)(() => RegularFile.ReadAllBytes(path, MaxFileBytes)))), cancellation);

    /// <summary>Classifies pictures that are read by functions.</summary>
    /// <param name="pictures">Name and reader of each picture.</param>
    /// <param name="cancellation">Cancels.</param>
    public IEnumerable<NamedPrediction> Predict(IEnumerable<(string Name, Func<byte[]> Read)> pictures, CancellationToken cancellation = default)
    {
        // The next batch is decoded while the model processes this one.
        Task<Batch>? next = null;
        foreach (var chunk in pictures.Chunk(options.BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            var decoding = Task.Run(() => Decode(chunk, cancellation), CancellationToken.None);
            if (next is not null)
            {
                foreach (var prediction in ToNamedPredictions(next.GetAwaiter().GetResult())) yield return prediction;
            }
            next = decoding;
        }
        if (next is null) yield break;
        foreach (var prediction in ToNamedPredictions(next.GetAwaiter().GetResult())) yield return prediction;
    }

    /// <summary>Releases the model, as soon as no other thread runs it.</summary>
    public void Dispose()
    {
        lock (modelLock)
        {
            if (!isDisposed) model.Dispose();
            isDisposed = true;
        }
    }

    private sealed record Batch(string[] Names, PictureInput?[] Inputs, string?[] Errors);

    private Batch Decode((string Name, Func<byte[]> Read)[] pictures, CancellationToken cancellation)
    {
        var (inputs, errors) = (new PictureInput?[pictures.Length], new string?[pictures.Length]);
        BoundedParallel.ForEach(0, pictures.Length, i =>
        {
            try
            {
                inputs[i] = Decode(pictures[i].Name, pictures[i].Read);
            }
            catch (InputException error)
            {
                errors[i] = error.Message;
            }
        }, cancellation);
        return new Batch([.. pictures.Select(p => p.Name)], inputs, errors);
    }

    private IEnumerable<NamedPrediction> ToNamedPredictions(Batch batch)
    {
        var good = batch.Inputs.OfType<PictureInput>().ToList();
        var predictions = new Queue<Prediction?>(good.Count == 0 ? [] : Classify(good));
        for (var i = 0; i < batch.Names.Length; i++)
        {
            var prediction = batch.Inputs[i] is null ? null : predictions.Dequeue();
            yield return new NamedPrediction(
                batch.Names[i], prediction, prediction is null ? batch.Errors[i] ?? $"{batch.Names[i]}: {NotFinite}" : null);
        }
    }

    private PictureInput Decode(string name, Func<byte[]> read)
    {
        try
        {
            return PictureInput.Decode(InputFile.Read(name, "a readable picture", read), Input, upright);
        }
        catch (InputException error) when (!error.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw new InputException($"{name}: {error.Message}", error);
        }
    }

    /// <summary>Returns the predictions, null where logits are not finite.</summary>
    private Prediction?[] Classify(IReadOnlyList<PictureInput> pictures) =>
        UseModel(() =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var x = ImageSet.ToPixels(ToTensor(pictures));
            var z = Judge(x);
            var y = z.argmax(1);
            var (ranked, finite) = (Rank(z), IsFinite(z));
            var found = attack is null ? null : AttackPredictions(attack, x, y);
            return (Prediction?[])[.. pictures.Select((picture, i) => !finite[i] ? null
                : new Prediction(ranked[i], ranked[i][0].Confidence < options.AbstainBelow, picture.Resized, found?[i])
                {
                    IsFirstOfSeveral = picture.IsFirstOfSeveral,
                })];
        });

    private T UseModel<T>(Func<T> work)
    {
        lock (modelLock)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            var result = work();
            heap.EndBatch();
            return result;
        }
    }

    private static bool[] IsFinite(Tensor z) => z.isfinite().all(1).cpu().data<bool>().ToArray();

    /// <summary>Returns the most probable classes of each row of logits.</summary>
    private List<ClassConfidence>[] Rank(Tensor z)
    {
        var (confidence, index) = ToProbabilities(z).topk((int)Math.Min(options.Top, z.shape[1]), 1);
        var (p, k) = (confidence.to(ScalarType.Float64).cpu().data<double>().ToArray(), index.cpu().data<long>().ToArray());
        var listed = p.Length / (int)z.shape[0];
        return [.. Enumerable.Range(0, (int)z.shape[0]).Select(i => Enumerable.Range(i * listed, listed)
            .Select(at => new ClassConfidence(Classes[(int)k[at]], (int)k[at], p[at])).ToList())];
    }

    private Tensor ToTensor(IReadOnlyList<PictureInput> pictures)
    {
        var size = pictures[0].Pixels.Length;
        var bytes = new byte[pictures.Count * size];
        for (var i = 0; i < pictures.Count; i++) pictures[i].Pixels.CopyTo(bytes.AsSpan(i * size));
        return tensor(bytes).reshape(pictures.Count, Input.Channels, Input.Height, Input.Width).to(options.Device ?? CPU);
    }

    /// <summary>Returns the softmax, or the output itself if it already is one.</summary>
    private static Tensor ToProbabilities(Tensor z) =>
        z.min().item<float>() >= 0 && ((z.sum(1) - 1).abs() < 1e-4).all().item<bool>() ? z : F.softmax(z, 1);

    private AttackedPrediction[] AttackPredictions(IAttack attack, Tensor x, Tensor y)
    {
        var xAdv = Perturb(model.Classifier, attack, x, y);
        _ = PerturbationVerifier.Verify(attack, x, xAdv, [.. Enumerable.Range(0, (int)x.shape[0]).Select(i => (long)i)]);
        var (before, after) = (y.cpu().data<long>().ToArray(), Judge(xAdv).argmax(1).cpu().data<long>().ToArray());
        var threat = attack.Threat;
        return [.. after.Zip(before, (a, b) =>
            new AttackedPrediction(attack.Name, EnumName.ToName(threat.Norm), threat.Epsilon, a == b ? null : Classes[(int)a]))];
    }

    /// <summary>The random numbers of an image must not depend on its position: all images use those of one sample.</summary>
    private static Tensor Perturb(Classifier f, IAttack attack, Tensor x, Tensor y) =>
        attack.Perturb(f, x, y, Noise.Keyed(0, zeros_like(y)).Stream(attack.Name));
}
