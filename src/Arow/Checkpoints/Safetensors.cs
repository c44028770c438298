using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Arow.Checkpoints;

/// <summary>
/// The safetensors format: eight bytes of length, a JSON header of that length, and the tensors' bytes. Nothing in it can
/// run. Files written here carry a SHA-256 of themselves in their metadata, which readers of other makes ignore.
/// </summary>
public static class Safetensors
{
    private const string MetadataKey = "__metadata__";
    private const string HashKey = "sha256";
    private const int LengthBytes = 8;
    private const int MostDimensions = 16;
    private const long LongestHeader = 100_000_000; // the limit of the format's own reader

    private static readonly string NoHash = new('0', 64);

    private static readonly (string Name, ScalarType Type)[] Types =
    [
        ("F64", ScalarType.Float64), ("F32", ScalarType.Float32), ("F16", ScalarType.Float16),
        ("BF16", ScalarType.BFloat16), ("I64", ScalarType.Int64), ("I32", ScalarType.Int32),
        ("I16", ScalarType.Int16), ("I8", ScalarType.Int8), ("U8", ScalarType.Byte), ("BOOL", ScalarType.Bool),
    ];

    /// <summary>Writes a file whole or not at all: beside its place, to the disk, then renamed.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="tensors">By key, of any layout and on any device.</param>
    /// <param name="metadata">Notes; the key <c>sha256</c> is taken.</param>
    public static void Write(
        string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var written = tensors.OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => (t.Key, Tensor: t.Value.detach().cpu().contiguous())).ToList();

        var header = Header(written, metadata);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(header);
        foreach (var (_, tensor) in written) sha.AppendData(tensor.bytes);
        Replace(header, NoHash, Convert.ToHexStringLower(sha.GetHashAndReset()));

        var length = new byte[LengthBytes];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        WholeFile.Write(path, file =>
        {
            file.Write(length);
            file.Write(header);
            foreach (var (_, tensor) in written) file.Write(tensor.bytes);
        });
    }

    /// <summary>Reads a file and checks all of it.</summary>
    /// <exception cref="InputException">It cannot be read, or is not what it says it is.</exception>
    public static SafetensorsFile Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {e.Message}", e);
        }

        if (bytes.Length < LengthBytes) throw Fault(path, "is too short to be a safetensors file");
        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (length < 2 || length > LongestHeader || length > bytes.Length - LengthBytes)
            throw Fault(path, "is truncated or no safetensors file: its header would not fit in it");

        var header = bytes.AsSpan(LengthBytes, (int)length);
        var data = bytes.AsSpan(LengthBytes + (int)length);
        JsonObject root;
        try
        {
            root = JsonNode.Parse(header) as JsonObject ?? throw new JsonException("not an object");
            var metadata = Metadata(root);
            if (metadata.TryGetValue(HashKey, out var hash)) CheckHash(path, header, data, hash);
            return new SafetensorsFile(Tensors(path, root, data), metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new InputException($"{path}: its header is damaged", e);
        }
    }

    private static byte[] Header(List<(string Key, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var notes = new JsonObject { [HashKey] = NoHash };
        foreach (var (key, value) in metadata.Where(m => m.Key != HashKey)) notes[key] = value;
        var root = new JsonObject { [MetadataKey] = notes };
        long offset = 0;
        foreach (var (key, tensor) in tensors)
        {
            var end = offset + tensor.numel() * tensor.element_size();
            root[key] = new JsonObject
            {
                ["dtype"] = Types.First(t => t.Type == tensor.dtype).Name,
                ["shape"] = new JsonArray([.. tensor.shape.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        var json = root.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var padded = Encoding.UTF8.GetByteCount(json);
        return Encoding.UTF8.GetBytes(json + new string(' ', (8 - padded % 8) % 8));
    }

    private static Dictionary<string, string> Metadata(JsonObject root) => root[MetadataKey] switch
    {
        null => [],
        JsonObject notes => notes.ToDictionary(n => n.Key, n => Is<string>(n.Value)),
        _ => throw new JsonException("metadata of another kind"),
    };

    private static void CheckHash(string path, ReadOnlySpan<byte> header, ReadOnlySpan<byte> data, string hash)
    {
        var blank = header.ToArray();
        Replace(blank, hash, NoHash);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(blank);
        sha.AppendData(data);
        if (Convert.ToHexStringLower(sha.GetHashAndReset()) != hash)
            throw Fault(path, "is damaged: its SHA-256 is not the one it was written with");
    }

    private static Dictionary<string, Tensor> Tensors(string path, JsonObject root, ReadOnlySpan<byte> data)
    {
        var tensors = new Dictionary<string, Tensor>();
        long covered = 0;
        try
        {
            foreach (var (key, (name, shape, begin, end)) in root.Where(n => n.Key != MetadataKey)
                .Select(n => (n.Key, Entry: Entry(n.Value))).OrderBy(n => n.Entry.Begin))
            {
                var type = Types.FirstOrDefault(t => t.Name == name);
                if (type.Name is null) throw Fault(path, $"has tensor '{key}' of type {name}, which is not read");
                if (shape.Length > MostDimensions || shape.Any(n => n < 0)) throw Fault(path, $"has tensor '{key}' of impossible shape");
                var whole = shape.Aggregate(Size(type.Type), (size, n) => checked(size * Math.Max(1, n)));
                var size = shape.Contains(0) ? 0 : whole;
                if (begin != covered || end != begin + size || end > data.Length)
                    throw Fault(path, $"is damaged or truncated: tensor '{key}' does not lie where its header says");

                var tensor = empty(shape, type.Type).DetachFromDisposeScope();
                tensors.Add(key, tensor);
                data.Slice((int)begin, (int)size).CopyTo(tensor.bytes);
                covered = end;
            }
            if (covered != data.Length) throw Fault(path, $"has {data.Length - covered} bytes that belong to no tensor");
            return tensors;
        }
        catch
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw;
        }
    }

    private static (string Type, long[] Shape, long Begin, long End) Entry(JsonNode? node)
    {
        if (node is not JsonObject entry || entry["shape"] is not JsonArray shape || entry["data_offsets"] is not JsonArray { Count: 2 } place)
            throw new JsonException("no tensor");
        return (Is<string>(entry["dtype"]), [.. shape.Select(Is<long>)], Is<long>(place[0]), Is<long>(place[1]));
    }

    private static T Is<T>(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<T>(out var it) ? it : throw new JsonException($"no {typeof(T).Name}");

    private static long Size(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    private static void Replace(Span<byte> text, string old, string replacement)
    {
        var at = text.IndexOf(Encoding.ASCII.GetBytes(old));
        if (at >= 0 && old.Length == replacement.Length) Encoding.ASCII.GetBytes(replacement).CopyTo(text[at..]);
    }

    private static InputException Fault(string path, string fault) => new($"{path}: {fault}");
}
