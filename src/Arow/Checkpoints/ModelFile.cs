namespace Arow.Checkpoints;

/// <summary>Opens models of every supported format, which is recognized by the first bytes of the file, not by its name.</summary>
public static class ModelFile
{
    private static readonly IReadOnlyDictionary<string, string> NoNotes = new Dictionary<string, string>();

    /// <summary>Opens a model and verifies that it accepts the images.</summary>
    /// <exception cref="InputException">The file is damaged or of unknown format, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        if (source.Normalization?.Fault(source.Input.Channels) is { } unfit)
            throw new InputException($"{source.Path}: the given normalisation has {unfit}");
        return Opened(source.Path, start => InOrder(source, OpenAny(source, start)));
    }

    /// <summary>Reads the metadata of a file without loading it: that of safetensors; empty for other formats.</summary>
    /// <exception cref="InputException">The file cannot be read or its header is damaged.</exception>
    public static IReadOnlyDictionary<string, string> Metadata(string path) => Opened(
        path, start => ZipRecords.Begins(start) || LegacyTorchFile.Begins(start) || IsOnnx(path, start) ? NoNotes : Safetensors.ReadMetadata(path));

    /// <summary>Passes the named tensors and the metadata of a file to a function; they are disposed afterwards.</summary>
    /// <param name="path">Safetensors or a PyTorch checkpoint.</param>
    /// <param name="key">Name of the state dict in a checkpoint; null for the default one.</param>
    /// <param name="wanted">Names of the required tensors.</param>
    /// <param name="use">The function.</param>
    /// <exception cref="InputException">The file is damaged, or a program: TorchScript or ONNX.</exception>
    internal static T WithTensors<T>(
        string path, string? key, IReadOnlyCollection<string> wanted, Func<IReadOnlyDictionary<string, Tensor>, IReadOnlyDictionary<string, string>, T> use)
    {
        return Opened(path, start =>
        {
            if (ZipRecords.Begins(start))
            {
                using var records = ZipRecords.Open(path);
                if (TorchScriptFile.IsOne(records)) throw new InputException($"{path}: is TorchScript, a program; named weights are required: torch.save(model.state_dict(), …)");
                return Chosen(TorchFile.Open(records));
            }
            if (LegacyTorchFile.Begins(start)) return Chosen(LegacyTorchFile.Open(path));
            if (IsOnnx(path, start)) throw new InputException($"{path}: is ONNX, a program; named weights are required");
            WithoutKey(path, key);
            using var file = Safetensors.Read(path);
            return use(file.Tensors, file.Metadata);
        });

        T Chosen(TorchFile opened)
        {
            using var file = opened;
            var (chosen, _) = StateDicts.Choose(path, file.Root, key, wanted);
            using var scope = NewDisposeScope();
            return use(chosen.ToDictionary(t => t.Key, t => file.Tensor(t.Value)), NoNotes);
        }
    }

    /// <summary>Calls a function with the first bytes of a file; read errors become one sentence.</summary>
    private static T Opened<T>(string path, Func<byte[], T> open)
    {
        try
        {
            return open(Start(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {FileFault.Reason(e)}", e);
        }
    }

    private static LoadedModel OpenAny(ModelSource source, byte[] start)
    {
        if (ZipRecords.Begins(start)) return Archive(source);
        if (LegacyTorchFile.Begins(start)) return StateDict(source, LegacyTorchFile.Open(source.Path));
        WithoutKey(source.Path, source.Key);
        if (IsOnnx(source.Path, start))
        {
            return source.Onnx is { } onnx ? onnx(source)
                : throw new InputException($"{source.Path}: is an ONNX model, which requires the package Arow.Onnx");
        }
        return Safe(source);
    }

    /// <summary>Reorders the outputs of the model to the images' classes.</summary>
    private static LoadedModel InOrder(ModelSource source, LoadedModel model)
    {
        try
        {
            return source.Named(model.Notes.GetValueOrDefault(ClassNames.Note)).Order is { } order ? model.In(order) : model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static LoadedModel Archive(ModelSource source)
    {
        using var records = ZipRecords.Open(source.Path);
        if (!TorchScriptFile.IsOne(records)) return StateDict(source, TorchFile.Open(records));
        WithoutKey(source.Path, source.Key);
        return TorchScriptModel.Open(source, records);
    }

    private static void WithoutKey(string path, string? key)
    {
        if (key is not null) throw new InputException($"{path}: is a single model; the key '{key}' applies only to PyTorch checkpoints with several state dicts");
    }

    private static LoadedModel Safe(ModelSource source)
    {
        using var file = Safetensors.Read(source.Path);
        return Filled(source, file.Metadata, [], _ => file.Tensors);
    }

    private static LoadedModel StateDict(ModelSource source, TorchFile opened)
    {
        using var file = opened;
        var remarks = new List<string>();
        return Filled(source, NoNotes, remarks, wanted =>
        {
            var (tensors, remark) = StateDicts.Choose(source.Path, file.Root, source.Key, wanted);
            if (remark is not null) remarks.Add(remark);
            return tensors.ToDictionary(t => t.Key, t => file.Tensor(t.Value));
        });
    }

    /// <summary>Creates a network of the Catalog with the tensors of a file.</summary>
    private static LoadedModel Filled(
        ModelSource source, IReadOnlyDictionary<string, string> notes, IReadOnlyList<string> remarks,
        Func<IReadOnlyCollection<string>, IReadOnlyDictionary<string, Tensor>> tensors)
    {
        var named = source.Named(notes.GetValueOrDefault(ClassNames.Note));
        if (named.Classes == 0) throw new InputException($"{source.Path}: does not contain its number of classes; give --classes N or --class-names");
        var network = Weights.Empty(source.Path, notes, source.Architecture, source.Input, named.Classes);
        try
        {
            if (network.Input != source.Input)
                throw new InputException($"{source.Path}: accepts images of {network.Input}, but the images to evaluate are {source.Input}");
            if (network.Classes != named.Classes) throw new InputException($"{source.Path}: {named.Unfit(network.Classes)}");
            // The scope disposes views of the file's storages. The network is created outside, because it must outlive the scope.
            using (NewDisposeScope()) Weights.Fill(source.Path, network, tensors([.. network.State.Keys]), notes);
            if (source.Normalization is { } given) network.Normalization = given;
            if (source.Device is { } device) network.Module.to(device);
            return new LoadedModel(network.ForEvaluation(), network)
            {
                Network = network, Name = network.Architecture, Normalization = network.Normalization, Notes = notes, Remarks = remarks,
                Fold = network.CanBeFrozen ? network.Fold : null,
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Recognizes ONNX, which has no magic number. A safetensors file begins with the length of its header and a brace; an ONNX model
    /// begins with its format version, a small number in field 1.
    /// </summary>
    private static bool IsOnnx(string path, ReadOnlySpan<byte> start) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
        || start.Length > 8 && start[0] == 0x08 && start[1] < 32 && start[8] != (byte)'{';

    private static byte[] Start(string path)
    {
        using var file = OrdinaryFile.Open(path);
        var start = new byte[64];
        return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
    }
}
