using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// What <c>torch.save</c> writes: a pickle of containers, and the numbers of tensors beside it, in a zip archive or, before
/// PyTorch 1.6, one after the other. Nothing is unpacked to a file, and memory is taken for what the file holds, never for
/// what it claims to hold.
/// </summary>
internal sealed class TorchFile : IDisposable
{
    /// <summary>Networks with thousands of tensors have pickles of some hundred kilobytes.</summary>
    public const int LongestPickle = 64 << 20;

    private readonly Dictionary<StorageRef, Tensor> storages = [];
    private readonly string path;
    private readonly IDisposable file;
    private readonly Func<StorageRef, Action<Span<byte>>> find;

    /// <summary>Takes over the file and disposes it in the end.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="root">What was saved.</param>
    /// <param name="file">Where the storages are.</param>
    /// <param name="find">What reads a storage; throws where the file does not hold it whole.</param>
    public TorchFile(string path, object? root, IDisposable file, Func<StorageRef, Action<Span<byte>>> find)
    {
        (this.path, Root, this.file, this.find) = (path, root, file, find);
    }

    /// <summary>What was saved.</summary>
    public object? Root { get; }

    /// <summary>Opens the archive form; the archive is disposed with it.</summary>
    public static TorchFile Open(ZipRecords records)
    {
        var path = records.Path;
        var pickle = records.Names.FirstOrDefault(n => n.EndsWith("/data.pkl", StringComparison.Ordinal))
            ?? throw new InputException($"{path}: is an archive, but none of PyTorch's: it has no data.pkl");
        var folder = pickle[..^"data.pkl".Length];
        if (records.Has($"{folder}byteorder") && !records.Read($"{folder}byteorder", 16).AsSpan().SequenceEqual("little"u8))
            throw new InputException($"{path}: was written on a big-endian machine, whose numbers are not read");
        var root = new Pickle(path, records.Read(pickle, LongestPickle), new TorchNames()).Read();
        return new TorchFile(path, root, records, storage =>
        {
            var name = $"{folder}data/{storage.Key}";
            if (records.Length(name) != storage.Size)
                throw new InputException($"{path}: is damaged: record '{name}' has {records.Length(name)} bytes instead of {storage.Size}");
            return into => records.Read(name, into);
        });
    }

    /// <summary>The tensor itself, a view of its storage that is gone with this.</summary>
    public Tensor Tensor(TensorRef tensor)
    {
        if (!storages.TryGetValue(tensor.Storage, out var storage)) storages.Add(tensor.Storage, storage = Load(tensor.Storage));
        return storage.as_strided(tensor.Shape, tensor.Strides, tensor.Offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var storage in storages.Values) storage.Dispose();
        file.Dispose();
    }

    private Tensor Load(StorageRef storage)
    {
        var read = find(storage);
        if (storage.Size > int.MaxValue) throw new InputException($"{path}: storage '{storage.Key}' is larger than 2 GB; as safetensors the model is read at any size");
        var tensor = empty([storage.Count], storage.Type).DetachFromDisposeScope();
        try
        {
            read(tensor.bytes);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}
