using System.Text;

namespace Arow.Faults.Files;

/// <summary>A view of numbers in a storage, as a pickle has it.</summary>
internal sealed record Stored(string Storage, string Key, long Count, long Offset, long[] Shape, long[] Strides, string Device = "cpu");

/// <summary>A name of Python's.</summary>
internal sealed record Named(string Module, string Name);

/// <summary>A name of Python's, called with arguments, and the state that the result is given.</summary>
internal sealed record Called(string Module, string Name, object?[] Arguments)
{
    public object?[]? State { get; init; }
}

/// <summary>An object of a class, with what is set by keys and its state.</summary>
internal sealed record MadeObject(string Module, string Name)
{
    public Dictionary<string, object?>? Items { get; init; }

    public Dictionary<string, object?>? State { get; init; }
}

/// <summary>Files as <c>torch.save</c> writes them, from tensors, numbers, strings and containers.</summary>
internal sealed class TorchWriter
{
    private readonly List<byte> pickle = [0x80, 2];
    private readonly Dictionary<string, byte[]> storages = [];
    private readonly Dictionary<string, long> counts = [];
    private readonly List<string> keys = [];

    /// <summary>The archive form.</summary>
    public static byte[] Zip(object? root, string device = "cpu")
    {
        var writer = Written(root, device);
        return ZipWriter.Write(writer.Records("archive/"));
    }

    /// <summary>The form before PyTorch 1.6.</summary>
    public static byte[] Legacy(object? root)
    {
        var writer = Written(root, "cuda:0");
        var list = new TorchWriter();
        list.Put(writer.keys.Cast<object?>().ToList(), "");
        var sizes = writer.keys.SelectMany(key => BitConverter.GetBytes(writer.counts[key]).Concat(writer.storages[key]));
        return
        [
            0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.', 0x80, 2, (byte)'M', 0xe9, 3, (byte)'.',
            .. Pickle(new Dictionary<string, object?> { ["protocol_version"] = 1001, ["little_endian"] = true }),
            .. writer.pickle, (byte)'.', .. list.pickle, (byte)'.', .. sizes,
        ];
    }

    /// <summary>A pickle by itself.</summary>
    public static byte[] Pickle(object? root) => [.. Written(root, "cpu").pickle, (byte)'.'];

    /// <summary>The records of the archive form, for tests that spoil one.</summary>
    public static List<(string Name, byte[] Content)> RecordsOf(object? root) => Written(root, "cpu").Records("archive/");

    private static TorchWriter Written(object? root, string device)
    {
        var writer = new TorchWriter();
        writer.Put(root, device);
        return writer;
    }

    private List<(string, byte[])> Records(string folder) =>
    [
        ($"{folder}data.pkl", [.. pickle, (byte)'.']), ($"{folder}byteorder", "little"u8.ToArray()),
        .. storages.Select(s => ($"{folder}data/{s.Key}", s.Value)), ($"{folder}version", "3\n"u8.ToArray()),
    ];

    private void Put(object? value, string device)
    {
        switch (value)
        {
            case null: pickle.Add((byte)'N'); break;
            case bool b: pickle.Add((byte)(b ? 0x88 : 0x89)); break;
            case int i: pickle.AddRange([(byte)'J', .. BitConverter.GetBytes(i)]); break;
            case long l: pickle.AddRange([0x8a, 8, .. BitConverter.GetBytes(l)]); break;
            case double d: pickle.AddRange([(byte)'G', .. BitConverter.GetBytes(d).Reverse()]); break;
            case string s: var text = Encoding.UTF8.GetBytes(s); pickle.AddRange([(byte)'X', .. BitConverter.GetBytes(text.Length), .. text]); break;
            case object?[] tuple: pickle.Add((byte)'('); foreach (var item in tuple) Put(item, device); pickle.Add((byte)'t'); break;
            case List<object?> list: pickle.AddRange("]("u8.ToArray()); foreach (var item in list) Put(item, device); pickle.Add((byte)'e'); break;
            case IEnumerable<KeyValuePair<string, object?>> map:
                pickle.AddRange("}("u8.ToArray());
                foreach (var (key, item) in map)
                {
                    Put(key, device);
                    Put(item, device);
                }
                pickle.Add((byte)'u');
                break;
            case Called call:
                pickle.AddRange(Encoding.UTF8.GetBytes($"c{call.Module}\n{call.Name}\n"));
                Put(call.Arguments, device);
                pickle.Add((byte)'R');
                if (call.State is { } given)
                {
                    Put(given, device);
                    pickle.Add((byte)'b');
                }
                break;
            case Named named: pickle.AddRange(Encoding.UTF8.GetBytes($"c{named.Module}\n{named.Name}\n")); break;
            case byte[] bytes: pickle.AddRange([(byte)'B', .. BitConverter.GetBytes(bytes.Length), .. bytes]); break;
            case MadeObject made:
                pickle.AddRange(Encoding.UTF8.GetBytes($"c{made.Module}\n{made.Name}\n)"));
                pickle.Add(0x81);
                foreach (var (key, item) in made.Items ?? [])
                {
                    Put(key, device);
                    Put(item, device);
                    pickle.Add((byte)'s');
                }
                if (made.State is { } state)
                {
                    Put(state, device);
                    pickle.Add((byte)'b');
                }
                break;
            case Stored s: Put(s with { Device = device }); break;
            case Tensor t: Put(Store(t) with { Device = device }); break;
            default: throw new ArgumentException($"{value.GetType()}");
        }
    }

    private void Put(Stored s)
    {
        pickle.AddRange(Encoding.ASCII.GetBytes("ctorch._utils\n_rebuild_tensor_v2\n(("));
        Put("storage", "");
        pickle.AddRange(Encoding.ASCII.GetBytes($"ctorch\n{s.Storage}\n"));
        Put(s.Key, "");
        Put(s.Device, "");
        Put(s.Count, "");
        pickle.AddRange("tQ"u8.ToArray());
        Put(s.Offset, "");
        Put(s.Shape.Cast<object?>().ToArray(), "");
        Put(s.Strides.Cast<object?>().ToArray(), "");
        Put(false, "");
        pickle.AddRange("}tR"u8.ToArray());
    }

    private Stored Store(Tensor t)
    {
        using var scope = NewDisposeScope();
        var whole = t.detach().cpu().contiguous();
        var key = $"{keys.Count}";
        keys.Add(key);
        storages[key] = whole.bytes.ToArray();
        counts[key] = whole.numel();
        var name = whole.dtype switch
        {
            ScalarType.Float32 => "FloatStorage",
            ScalarType.Float64 => "DoubleStorage",
            ScalarType.Int64 => "LongStorage",
            ScalarType.Float16 => "HalfStorage",
            ScalarType.BFloat16 => "BFloat16Storage",
            _ => throw new ArgumentException($"{whole.dtype}"),
        };
        return new Stored(name, key, whole.numel(), 0, whole.shape, whole.stride());
    }
}
