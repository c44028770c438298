using System.Buffers.Binary;
using Arow.IO;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// The format of <c>torch.save</c> before PyTorch 1.6, or with <c>_use_new_zipfile_serialization=False</c>: pickles of a magic
/// number, the version, the system, the saved object and the keys of the storages; then the storages in the order of the keys, each
/// preceded by its number of elements.
/// </summary>
internal static class LegacyTorchFile
{
    private const int CountBytes = 8;

    /// <summary>The magic number and the end of its pickle.</summary>
    private static readonly byte[] Magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

    /// <summary>Whether a file begins with the magic number.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> start) => MeasureMagic(start) > 0;

    /// <summary>Returns the length of the pickle of the magic number; 0 if there is none.</summary>
    private static int MeasureMagic(ReadOnlySpan<byte> start)
    {
        const int FrameBytes = 9;
        // The protocol, and from its version 4 on a frame, which says where to buffer.
        if (start is not [0x80, >= 2 and <= 5, ..]) return 0;
        var before = start is [_, >= 4, 0x95, ..] ? 2 + FrameBytes : 2;
        return start.Length >= before && start[before..].StartsWith(Magic) ? before + Magic.Length : 0;
    }

    /// <summary>Opens a file and locates its storages.</summary>
    /// <exception cref="InputException">The file is damaged or truncated, or uses unsupported types.</exception>
    public static TorchFile Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            var head = new byte[Math.Min(file.Length, TorchFile.MaxPickleBytes)];
            file.ReadExactly(head);
            var at = MeasureMagic(head);
            if (ReadPickle().Value is not 1001L) throw new InputException($"{path}: has an unknown version of PyTorch's format");
            if (ReadPickle().Value is not PickleMap machine || machine.Entries.GetValueOrDefault("little_endian") is not true)
                throw new InputException($"{path}: was written on a big-endian machine, which is not supported");
            var (root, storages) = ReadPickle();
            var keys = ReadPickle().Value as List<object?> ?? throw new InputException($"{path}: is damaged: it has no list of storages");
            var places = LocateStorages(path, file, at, keys, storages);
            return new TorchFile(path, root, file, storage => places.TryGetValue(storage.Key, out var place)
                ? into => ReadAt(file, place, into)
                : throw new InputException($"{path}: is damaged: it has no storage '{storage.Key}'"));

            (object? Value, IReadOnlyDictionary<string, StorageRef> Storages) ReadPickle()
            {
                var names = new TorchPickleResolver();
                var pickle = new PickleReader(path, head.AsMemory(at), names);
                var value = pickle.Read();
                at += pickle.Length;
                return (value, names.Storages);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a storage that was saved by itself, as it lies in a pickle of tensors that <c>torch.save</c> did not write.</summary>
    /// <returns>The storage with its numbers; null if it is damaged.</returns>
    public static StorageRef? ReadStorage(ReadOnlyMemory<byte> bytes)
    {
        var at = MeasureMagic(bytes.Span);
        if (at == 0) return null;
        try
        {
            if (Read() is not 1001L || Read() is not PickleMap machine || machine.Entries.GetValueOrDefault("little_endian") is not true) return null;
            if (Read() is not StorageRef storage || Read() is not List<object?> { Count: 1 } || storage.Size != bytes.Length - at - CountBytes
                || BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[at..]) != storage.Count) return null;
            return storage with { Key = "", Content = new StoredNumbers(bytes[(at + CountBytes)..], storage.Size, false) };
        }
        catch (Exception e) when (e is InputException or OverflowException)
        {
            return null;
        }

        object? Read()
        {
            var pickle = new PickleReader("", bytes[at..], new TorchPickleResolver(nested: true));
            var value = pickle.Read();
            at += pickle.Length;
            return value;
        }
    }

    /// <summary>Locates the storages and checks that all are within the file.</summary>
    private static Dictionary<string, long> LocateStorages(
        string path, FileStream file, long at, List<object?> keys, IReadOnlyDictionary<string, StorageRef> storages)
    {
        var places = new Dictionary<string, long>();
        var count = new byte[CountBytes];
        foreach (var key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out var storage) || places.ContainsKey(name))
                throw new InputException($"{path}: is damaged: its list of storages does not match its tensors");
            if (at > file.Length - CountBytes || storage.Size > file.Length - CountBytes - at)
                throw new InputException($"{path}: is truncated: storage '{name}' ends beyond the file");
            ReadAt(file, at, count);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Count)
                throw new InputException($"{path}: is damaged: storage '{name}' and its tensors differ in length");
            places.Add(name, at + CountBytes);
            at += CountBytes + storage.Size;
        }
        return places;
    }

    private static void ReadAt(FileStream file, long place, Span<byte> into)
    {
        file.Position = place;
        file.ReadExactly(into);
    }
}
