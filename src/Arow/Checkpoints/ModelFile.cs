using Arow.Classes;
using Arow.IO;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>Opens models of every supported format, which is recognized by the first bytes of the file, not by its name.</summary>
public static class ModelFile
{
    private const int SafetensorsStart = 8; // of its header, after the length

    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    /// <summary>Opens a model and verifies that it accepts the images.</summary>
    /// <exception cref="InputException">The file is damaged or of unknown format, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        if (ModelMetadata.Validate(source.Normalization, source.Input.Channels) is { } error)
            throw new InputException($"{source.Path}: the given normalisation has {error}");
        return OpenFile(source.Path, start => ReorderOutputs(source, OpenByFormat(source, start)));
    }

    /// <summary>
    /// Reads the metadata of a file without loading it: that of safetensors, and of ONNX what Arow writes into it; empty for other formats.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read or its header is damaged.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) => ReadNotes(path).Metadata;

    /// <summary>
    /// Reads the metadata of a file as <see cref="ReadMetadata"/> does, and the shape of the images that an ONNX file takes; null if it is
    /// not fixed, and for other files.
    /// </summary>
    internal static (IReadOnlyDictionary<string, string> Metadata, InputShape? OnnxInput) ReadNotes(string path) => OpenFile(
        path, start =>
        {
            if (IsCheckpoint(path, start)) return (NoMetadata, null);
            if (IsOnnx(path, start))
            {
                // Other tools use keys of their own, which may have the names of Arow's.
                var (metadata, input) = OnnxNotes.Read(path, [ClassNames.MetadataKey, ModelMetadata.ImageResizingKey]);
                return (metadata, input);
            }
            RequireKnown(path, start);
            if (ReadNamedTensors(path, start) is { } others)
            {
                others.Dispose();
                return (NoMetadata, null);
            }
            return (Safetensors.ReadMetadata(path), (InputShape?)null);
        });

    /// <summary>Passes the named tensors and the metadata of a file to a function; they are disposed afterwards.</summary>
    /// <param name="path">Safetensors or a PyTorch checkpoint.</param>
    /// <param name="key">Name of the state dict in a checkpoint; null for the default one.</param>
    /// <param name="networkKeys">Names of the required tensors.</param>
    /// <param name="use">The function; its last argument says which of several state dicts was taken, null if there is no choice.</param>
    /// <exception cref="InputException">The file is damaged, or a program: TorchScript or ONNX.</exception>
    internal static T WithTensors<T>(
        string path, string? key, IReadOnlyCollection<string> networkKeys, Func<IReadOnlyDictionary<string, Tensor>, IReadOnlyDictionary<string,
        string>, string?, T> use)
    {
        return OpenFile(path, start =>
        {
            if (ZipReader.HasMagic(start))
            {
                using var records = ZipRecords.Open(path);
                if (TorchScriptValidator.IsTorchScript(records)) throw new InputException(
                    $"{path}: is TorchScript, a program; named weights are required: torch.save(model.state_dict(), …)");
                return UseStateDict(TorchFile.Open(records));
            }
            if (LegacyTorchFile.HasMagic(start)) return UseStateDict(LegacyTorchFile.Open(path));
            if (NumpyWeights.IsPickle(start)) return UseStateDict(NumpyWeights.OpenPickle(path));
            RequireKnown(path, start);
            RequireNoKey(path, key);
            using var others = ReadNamedTensors(path, start);
            if (others is not null) return use(others.Tensors, others.Metadata, null);
            if (IsOnnx(path, start)) throw new InputException($"{path}: is ONNX, a program; named weights are required: torch.save(model.state_dict(), …)");
            using var file = Safetensors.Read(path);
            return use(file.Tensors, file.Metadata, null);
        });

        T UseStateDict(TorchFile opened)
        {
            using var file = opened;
            var (chosen, found) = StateDicts.Select(path, file.Root, key, networkKeys, "init-key");
            using var scope = NewDisposeScope();
            return use(chosen.Tensors.ToDictionary(t => t.Key, t => file.GetTensor(t.Value)), NoMetadata,
                found.Count == 0 ? null : string.Join("; ", found));
        }
    }

    /// <summary>Whether a file is an index of weights in several files.</summary>
    internal static bool IsSharded(string path) => OpenFile(path, start => ShardedFile.IsIndex(path, start));

    /// <summary>Reads the weights of TorchSharp, or those in several files; null for other formats.</summary>
    private static SafetensorsFile? ReadNamedTensors(string path, ReadOnlySpan<byte> start) =>
        ShardedFile.IsIndex(path, start) ? ShardedFile.Read(path)
        : start.Length > SafetensorsStart && start[SafetensorsStart] == (byte)'{' ? null : TorchSharpFile.TryRead(path);

    /// <summary>Calls a function with the first bytes of a file; read errors become one sentence.</summary>
    private static T OpenFile<T>(string path, Func<byte[], T> open)
    {
        try
        {
            return open(ReadStart(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {FileError.Describe(e)}", e);
        }
    }

    private static LoadedModel OpenByFormat(ModelSource source, byte[] start)
    {
        if (ZipReader.HasMagic(start)) return OpenArchive(source);
        if (LegacyTorchFile.HasMagic(start)) return OpenStateDict(source, LegacyTorchFile.Open(source.Path));
        if (NumpyWeights.IsPickle(start)) return OpenStateDict(source, NumpyWeights.OpenPickle(source.Path));
        RequireKnown(source.Path, start);
        RequireNoKey(source.Path, source.Key);
        if (ReadNamedTensors(source.Path, start) is { } others)
        {
            using (others) return CreateModel(source, NoMetadata, [], _ => others.Tensors);
        }
        if (IsOnnx(source.Path, start))
        {
            RequireNoIgnoredKeys(source);
            return source.OpenOnnx is { } onnx ? onnx(source)
                : throw new InputException($"{source.Path}: is an ONNX model, which requires the package Arow.Onnx");
        }
        return OpenSafetensors(source);
    }

    /// <summary>Reorders the outputs of the model to the images' classes.</summary>
    private static LoadedModel ReorderOutputs(ModelSource source, LoadedModel model)
    {
        try
        {
            return source.WithClassNames(model.Metadata.GetValueOrDefault(ClassNames.MetadataKey)).OutputOrder is { } order ? model.Reorder(order)
                : model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static LoadedModel OpenArchive(ModelSource source)
    {
        using var records = ZipRecords.Open(source.Path);
        if (!TorchScriptValidator.IsTorchScript(records)) return OpenStateDict(source, TorchFile.Open(records));
        RequireNoKey(source.Path, source.Key);
        RequireNoIgnoredKeys(source);
        return TorchScriptModel.Open(source, records);
    }

    private static void RequireKnown(string path, ReadOnlySpan<byte> start)
    {
        if (ForeignFormat.Describe(start) is { } foreign) throw new InputException($"{path}: {foreign}");
    }

    private static void RequireNoKey(string path, string? key)
    {
        if (key is not null) throw new InputException(
            $"{path}: is a single model; the key '{key}' applies only to PyTorch checkpoints with several state dicts");
    }

    private static void RequireNoIgnoredKeys(ModelSource source)
    {
        if (source.IgnoreKeys.Count > 0)
            throw new InputException($"{source.Path}: is a program, of which no tensors can be left out; {Wording.Current.Setting("ignore-keys")} applies to state dicts");
    }

    private static LoadedModel OpenSafetensors(ModelSource source)
    {
        using var file = Safetensors.Read(source.Path);
        return CreateModel(source, file.Metadata, [], _ => file.Tensors);
    }

    private static LoadedModel OpenStateDict(ModelSource source, TorchFile opened)
    {
        using var file = opened;
        var remarks = new List<string>();
        return CreateModel(source, NoMetadata, remarks, wanted =>
        {
            var (chosen, found) = StateDicts.Select(source.Path, file.Root, source.Key, wanted);
            if (wanted.Count > 0) remarks.AddRange(found);
            return chosen.Tensors.ToDictionary(t => t.Key, t => file.GetTensor(t.Value));
        });
    }

    /// <summary>Creates a network of the Catalog with the tensors of a file.</summary>
    private static LoadedModel CreateModel(
        ModelSource source, IReadOnlyDictionary<string, string> notes, List<string> remarks,
        Func<IReadOnlyCollection<string>, IReadOnlyDictionary<string, Tensor>> tensors)
    {
        if (source.OutputName is not null)
            throw new InputException($"{source.Path}: is a network of Arow with one output, so there is no output '{source.OutputName}' to select");
        var named = source.WithClassNames(notes.GetValueOrDefault(ClassNames.MetadataKey));
        if (named.Classes == 0)
            throw new InputException($"{source.Path}: does not contain its number of classes; give {Wording.Current.Setting("classes", "N")} or "
                + Wording.Current.Setting("class-names"));
        var architecture = source.Architecture ?? notes.GetValueOrDefault("architecture") ?? RecognizeArchitecture(source.Path, tensors([]), remarks);
        var network = NetworkFile.CreateNetwork(source.Path, notes, architecture, source.Input, named.Classes);
        try
        {
            NetworkForm form;
            using (NewDisposeScope()) form = NetworkForm.Find(named, network, tensors([.. network.State.Keys]));
            if (form.Input != network.Input || form.Classes != network.Classes)
            {
                network.Dispose();
                network = NetworkFile.CreateNetwork(source.Path, notes, architecture, form.Input, form.Classes);
            }
            if (network.Input != form.Input)
                throw new InputException($"{source.Path}: accepts images of {network.Input}, but the images to evaluate are {source.Input}");
            if (network.Classes != form.Classes) throw new InputException($"{source.Path}: {named.DescribeMismatch(network.Classes)}");
            remarks.AddRange(form.Remarks);
            var published = network.Normalization;
            // The scope disposes views of the file's storages. The network is created outside, because it must outlive the scope.
            using (NewDisposeScope())
                remarks.AddRange(NetworkFile.LoadInto(source.Path, network, tensors([.. network.State.Keys]), notes, source));
            if (source.Normalization is { } given) network.Normalization = given;
            else if (ReferenceEquals(network.Normalization, published) && network.DescribePublishedNormalization(notes) is { } assumed)
                remarks.Add($"{source.Path}: {assumed}; {Wording.Current.Setting("mean")} and {Wording.Current.Setting("std")} replace them");
            if (source.Device is { } device) network.Module.to(device);
            return new LoadedModel(form.Adapt(network.ForEvaluation()), network)
            {
                Network = form.IsPlain ? network : null, Name = network.Architecture, Normalization = network.Normalization, Metadata = notes,
                Remarks = [.. remarks.Distinct()],
                CreateFastForm = !network.HasExecutors ? null : form.IsPlain ? network.Fold : () => network.Fold().Adapted(form.Adapt),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Recognizes the architecture of a file that does not name it.</summary>
    /// <exception cref="InputException">The keys are not those of an architecture.</exception>
    private static string RecognizeArchitecture(string path, IReadOnlyDictionary<string, Tensor> tensors, List<string> remarks)
    {
        var shapes = tensors.ToDictionary(t => t.Key, t => t.Value.shape);
        if (ArchitectureKeys.Recognize(shapes) is { } name)
        {
            remarks.Add($"{path}: does not contain its architecture; by its keys it is taken as {name}, unless {Wording.Current.Setting("model")} names another");
            return name;
        }
        throw new InputException(ArchitectureKeys.Describe(shapes) is { } known ? $"{path}: {known}"
            : $"{NetworkFile.DescribeUnnamed(path)}; of a network of other code, {ArchitectureKeys.FileWithFunction}");
    }

    /// <summary>Whether a file is of a kind that says nothing of itself beside its weights; asked before the looser question for ONNX.</summary>
    private static bool IsCheckpoint(string path, byte[] start) =>
        ZipReader.HasMagic(start) || LegacyTorchFile.HasMagic(start) || NumpyWeights.IsPickle(start) || ShardedFile.IsIndex(path, start);

    /// <summary>
    /// Recognizes ONNX, which has no magic number. A safetensors file begins with the length of its header and a brace; an ONNX model
    /// begins with its format version, a small number in field 1.
    /// </summary>
    private static bool IsOnnx(string path, ReadOnlySpan<byte> start) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
        || start.Length > 8 && start[0] == 0x08 && start[1] < 32 && start[8] != (byte)'{';

    private static byte[] ReadStart(string path)
    {
        using var file = RegularFile.Open(path);
        var start = new byte[ForeignFormat.StartBytes];
        return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
    }
}
