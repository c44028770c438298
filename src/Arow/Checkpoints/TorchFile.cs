using Arow.IO;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// A file of <c>torch.save</c>: a pickle of containers and the data of tensors beside it, in a zip archive or, before PyTorch 1.6, in
/// sequence. Nothing is unpacked to disk, and memory is allocated for the actual content of the file, never for the size that it
/// declares.
/// </summary>
internal sealed class TorchFile : IDisposable
{
    /// <summary>
    /// Limit for pickles; those of networks with thousands of tensors have some hundred kilobytes. Those with arrays of NumPy inside may be as
    /// long as their file.
    /// </summary>
    public const int MaxPickleBytes = 64 << 20;

    private readonly Dictionary<StorageRef, Tensor> storages = [];
    private readonly string path;
    private readonly IDisposable file;
    private readonly Func<StorageRef, Action<Span<byte>>> findStorage;

    /// <summary>Takes ownership of the file.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="root">The saved object.</param>
    /// <param name="file">The file with the storages.</param>
    /// <param name="find">Returns a reader of a storage; throws if the file does not contain it completely.</param>
    public TorchFile(string path, object? root, IDisposable file, Func<StorageRef, Action<Span<byte>>> find)
    {
        (this.path, Root, this.file, this.findStorage) = (path, root, file, find);
    }

    /// <summary>The saved object.</summary>
    public object? Root { get; }

    /// <summary>Opens the archive format and takes ownership of the archive.</summary>
    public static TorchFile Open(ZipRecords records)
    {
        var path = records.Path;
        if (records.Names.FirstOrDefault(n => n.EndsWith("/data.pkl", StringComparison.Ordinal)) is not { } pickle)
        {
            return NumpyWeights.TryOpenArchive(records)
                ?? throw new InputException($"{path}: {ForeignFormat.Describe(records) ?? "is an archive, but not of PyTorch: it has no data.pkl"}");
        }
        var folder = pickle[..^"data.pkl".Length];
        if (records.Contains($"{folder}byteorder") && !records.Read($"{folder}byteorder", 16).AsSpan().SequenceEqual("little"u8))
            throw new InputException($"{path}: was written on a big-endian machine, which is not supported");
        var bytes = records.Read(pickle, Math.Clamp(new FileInfo(path).Length, MaxPickleBytes, Array.MaxLength));
        var root = new PickleReader(path, bytes, new TorchPickleResolver()).Read();
        return new TorchFile(path, root, records, storage =>
        {
            var name = $"{folder}data/{storage.Key}";
            if (records.Length(name) != storage.Size)
                throw new InputException($"{path}: is damaged: record '{name}' has {records.Length(name)} bytes instead of {storage.Size}");
            return into => records.Read(name, into);
        });
    }

    /// <summary>Returns a tensor as a view of its storage, which is disposed with this object.</summary>
    public Tensor GetTensor(TensorRef tensor)
    {
        if (!storages.TryGetValue(tensor.Storage, out var storage)) storages.Add(tensor.Storage, storage = LoadStorage(tensor.Storage));
        return storage.as_strided(tensor.Shape, tensor.Strides, tensor.Offset);
    }

    public void Dispose()
    {
        foreach (var storage in storages.Values) storage.Dispose();
        file.Dispose();
    }

    private Tensor LoadStorage(StorageRef storage)
    {
        var read = storage.Content is { } inside
            ? into => inside.CopyTo(into, (int)StorageRef.ElementSize(storage.Type)) : findStorage(storage);
        if (storage.Size > int.MaxValue) throw new InputException(
            $"{path}: storage '{storage.Key}' is larger than 2 GB; convert the model to safetensors, which has no limit");
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
