using System.Security.Cryptography;
using System.Text.Json;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>
/// Weights in several files: an index (<c>model.safetensors.index.json</c>) says which of the files beside it, safetensors or
/// state dicts of PyTorch, has each tensor.
/// </summary>
internal static class ShardedFile
{
    private const long MaxIndexBytes = 64 << 20;
    private const string Map = "weight_map";

    /// <summary>Whether a file may be an index: it begins as JSON.</summary>
    public static bool IsIndex(string path, ReadOnlySpan<byte> start) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && start.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>Reads all tensors.</summary>
    /// <exception cref="InputException">The index or a file is damaged, or a file is missing.</exception>
    public static SafetensorsFile Read(string path)
    {
        var map = ReadMap(path);
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var shard in map.GroupBy(m => m.Value, m => m.Key))
            {
                var file = Locate(path, shard.Key);
                AddTensors(path, file, shard, tensors);
            }
            return new SafetensorsFile(tensors, new Dictionary<string, string>());
        }
        catch
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw;
        }
    }

    /// <summary>Returns the SHA-256 of an index and of its files.</summary>
    public static string ComputeHash(string path)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(RegularFile.ReadAllBytes(path, MaxIndexBytes));
        foreach (var shard in ReadMap(path).Values.Distinct().Order(StringComparer.Ordinal))
        {
            using var file = RegularFile.Open(Locate(path, shard));
            sha.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void AddTensors(string path, string file, IEnumerable<string> keys, Dictionary<string, Tensor> tensors)
    {
        var start = new byte[4];
        using (var stream = RegularFile.Open(file)) start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (!ZipReader.HasMagic(start))
        {
            using var shard = Safetensors.Read(file);
            // What is taken must outlive the shard.
            foreach (var key in keys) tensors.Add(key, Get(shard.Tensors, key).clone().DetachFromDisposeScope());
            return;
        }
        using var archive = TorchFile.Open(ZipRecords.Open(file));
        var dict = StateDicts.FindAll(archive.Root).GetValueOrDefault("")?.Tensors
            ?? throw new InputException($"{path}: the file '{Path.GetFileName(file)}' that it names contains no tensors");
        using var scope = NewDisposeScope();
        foreach (var key in keys) tensors.Add(key, archive.GetTensor(Get(dict, key)).clone().DetachFromDisposeScope());

        T Get<T>(IReadOnlyDictionary<string, T> from, string key) =>
            from.TryGetValue(key, out var found) ? found : throw new InputException($"{path}: the file '{Path.GetFileName(file)}' has no tensor '{key}'");
    }

    private static Dictionary<string, string> ReadMap(string path)
    {
        try
        {
            using var index = JsonDocument.Parse(RegularFile.ReadAllBytes(path, MaxIndexBytes));
            if (index.RootElement.TryGetProperty(Map, out var map) && map.ValueKind == JsonValueKind.Object)
            {
                var files = new Dictionary<string, string>();
                foreach (var entry in map.EnumerateObject()) files[entry.Name] = entry.Value.GetString() ?? "";
                if (files.Count > 0) return files;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{path}: is damaged: it is no valid JSON index of weights", e);
        }
        throw new InputException($"{path}: is a JSON file without '{Map}', not a model or an index of its weights");
    }

    /// <summary>Returns the path of a file beside the index.</summary>
    private static string Locate(string path, string shard)
    {
        if (shard.Length == 0 || shard is "." or ".." || shard.IndexOfAny(['/', '\\', ':', '\0']) >= 0)
            throw new InputException($"{path}: is damaged: it names a file that does not lie beside it");
        var file = Path.Combine(Path.GetDirectoryName(path) ?? "", shard);
        return File.Exists(file) ? file : throw new InputException($"{path}: the file '{shard}' that it names is missing");
    }
}
