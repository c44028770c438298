using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>
/// The safetensors format: an eight-byte length, a JSON header of that length, and the bytes of the tensors. It contains no
/// executable code. Files written here contain their own SHA-256 in the metadata, which other readers ignore.
/// </summary>
internal static class Safetensors
{
    private const string MetadataKey = "__metadata__";
    private const string HashKey = "sha256";
    private const int LengthBytes = 8;
    private const int MaxDimensions = 16;
    private const int BufferSize = 1 << 20;
    private const long MaxBlockBytes = 1 << 30;
    private const long MaxHeaderBytes = 100_000_000; // the limit of the format's own reader

    private static readonly string NoHash = new('0', 64);

    private static readonly (string Name, ScalarType Type)[] Types =
    [
        ("F64", ScalarType.Float64), ("F32", ScalarType.Float32), ("F16", ScalarType.Float16),
        ("BF16", ScalarType.BFloat16), ("I64", ScalarType.Int64), ("I32", ScalarType.Int32),
        ("I16", ScalarType.Int16), ("I8", ScalarType.Int8), ("U8", ScalarType.Byte), ("BOOL", ScalarType.Bool),
    ];

    /// <summary>Writes a file atomically: to a temporary file, flushed to disk, then renamed.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="tensors">Tensors by key, with any layout and on any device.</param>
    /// <param name="metadata">Metadata; the key <c>sha256</c> is reserved.</param>
    public static void Write(
        string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var written = tensors.OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => (t.Key, Tensor: t.Value.detach().cpu().contiguous())).ToList();

        var header = CreateHeader(written, metadata);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(header);
        foreach (var (_, tensor) in written) ForEachBlock(tensor, bytes => sha.AppendData(bytes));
        Replace(header, NoHash, Convert.ToHexStringLower(sha.GetHashAndReset()));

        var length = new byte[LengthBytes];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        AtomicFile.Write(path, file =>
        {
            file.Write(length);
            file.Write(header);
            foreach (var (_, tensor) in written) ForEachBlock(tensor, bytes => file.Write(bytes));
        });
    }

    /// <summary>Reads a file of any size and verifies all of it.</summary>
    /// <exception cref="InputException">The file cannot be read or is invalid.</exception>
    public static SafetensorsFile Read(string path) => OpenFile(path, file =>
    {
        var (root, header) = ReadHeader(path, file);
        var metadata = ParseMetadata(root);
        if (metadata.TryGetValue(HashKey, out var hash)) VerifyHash(path, header, file, hash);
        return new SafetensorsFile(ReadTensors(path, root, file, LengthBytes + header.Length), metadata);
    });

    /// <summary>Reads only the metadata, not the tensors.</summary>
    /// <inheritdoc cref="Read(string)"/>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) => OpenFile(path, file => ParseMetadata(ReadHeader(path, file).Root));

    private static T OpenFile<T>(string path, Func<FileStream, T> read)
    {
        try
        {
            using var file = RegularFile.Open(path, FileOptions.SequentialScan);
            return read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be read: {FileError.Describe(e)}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new InputException($"{path}: its header is damaged", e);
        }
    }

    private static (JsonObject Root, byte[] Bytes) ReadHeader(string path, FileStream file)
    {
        if (file.Length < LengthBytes) throw Error(path, "is too short to be a safetensors file");
        var count = new byte[LengthBytes];
        file.ReadExactly(count);
        var length = BinaryPrimitives.ReadInt64LittleEndian(count);
        if (length < 2 || length > MaxHeaderBytes || length > file.Length - LengthBytes)
            throw Error(path, "is truncated or not a safetensors file: its header ends beyond the file");

        var header = new byte[length];
        file.ReadExactly(header);
        return (JsonNode.Parse(header) as JsonObject ?? throw new JsonException("not an object"), header);
    }

    private static byte[] CreateHeader(List<(string Key, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
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

    private static Dictionary<string, string> ParseMetadata(JsonObject root) => root[MetadataKey] switch
    {
        null => [],
        JsonObject notes => notes.ToDictionary(n => n.Key, n => GetValue<string>(n.Value)),
        _ => throw new JsonException("metadata of another kind"),
    };

    /// <summary>Verifies the hash of the header, without the hash itself, and of the rest of the file.</summary>
    private static void VerifyHash(string path, byte[] header, FileStream file, string hash)
    {
        var blank = header.ToArray();
        Replace(blank, hash, NoHash);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(blank);
        var piece = new byte[BufferSize];
        while (file.Read(piece) is > 0 and var read) sha.AppendData(piece, 0, read);
        if (Convert.ToHexStringLower(sha.GetHashAndReset()) != hash)
            throw Error(path, "is damaged: its SHA-256 does not match");
    }

    private static Dictionary<string, Tensor> ReadTensors(string path, JsonObject root, FileStream file, long start)
    {
        var data = file.Length - start;
        var tensors = new Dictionary<string, Tensor>();
        long expectedOffset = 0;
        try
        {
            foreach (var (key, (name, shape, begin, end)) in root.Where(n => n.Key != MetadataKey)
                .Select(n => (n.Key, Entry: ParseEntry(n.Value))).OrderBy(n => n.Entry.Begin))
            {
                var type = Types.FirstOrDefault(t => t.Name == name);
                if (type.Name is null) throw Error(path, $"has tensor '{key}' of unsupported type {name}");
                if (shape.Length > MaxDimensions || shape.Any(n => n < 0)) throw Error(path, $"has tensor '{key}' with an invalid shape");
                var whole = shape.Aggregate(StorageRef.ElementSize(type.Type), (size, n) => checked(size * Math.Max(1, n)));
                var size = shape.Contains(0) ? 0 : whole;
                if (begin != expectedOffset || end != begin + size || end > data)
                    throw Error(path, $"is damaged or truncated: tensor '{key}' is not at the offset in the header");

                var tensor = empty(shape, type.Type).DetachFromDisposeScope();
                tensors.Add(key, tensor);
                file.Position = start + begin;
                ForEachBlock(tensor, file.ReadExactly);
                expectedOffset = end;
            }
            if (expectedOffset != data) throw Error(path, $"has {data - expectedOffset} bytes that belong to no tensor");
            return tensors;
        }
        catch
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw;
        }
    }

    private static (string Type, long[] Shape, long Begin, long End) ParseEntry(JsonNode? node)
    {
        if (node is not JsonObject entry || entry["shape"] is not JsonArray shape || entry["data_offsets"] is not JsonArray { Count: 2 } place)
            throw new JsonException("no tensor");
        return (GetValue<string>(entry["dtype"]), [.. shape.Select(GetValue<long>)], GetValue<long>(place[0]), GetValue<long>(place[1]));
    }

    private static T GetValue<T>(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<T>(out var result) ? result : throw new JsonException($"no {typeof(T).Name}");

    /// <summary>Passes the bytes of a contiguous tensor to a function in blocks, because a span is limited to 2 GB.</summary>
    private static void ForEachBlock(Tensor tensor, BlockAction action)
    {
        using var scope = NewDisposeScope();
        var (flat, blockLength) = (tensor.view(-1), MaxBlockBytes / tensor.element_size());
        for (long at = 0; at < flat.shape[0]; at += blockLength) action(flat.narrow(0, at, Math.Min(blockLength, flat.shape[0] - at)).bytes);
    }

    private delegate void BlockAction(Span<byte> bytes);

    private static void Replace(Span<byte> text, string old, string replacement)
    {
        var at = text.IndexOf(Encoding.ASCII.GetBytes(old));
        if (at >= 0 && old.Length == replacement.Length) Encoding.ASCII.GetBytes(replacement).CopyTo(text[at..]);
    }

    private static InputException Error(string path, string fault) => new($"{path}: {fault}");
}
