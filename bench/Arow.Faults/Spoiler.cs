using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Arow.Faults.Files;

namespace Arow.Faults;

/// <summary>
/// Damage behind the first line of defence: sums and lengths around it are put right again, so that what is inside gets
/// read.
/// </summary>
internal static class Spoiler
{
    private static readonly byte[] Instructions =
        [.. "N()].}tuseabRQ012qrhjJKMGXUTBCcoi"u8, 0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x93, 0x94, 0x95];

    private static readonly string[] Calls =
        ["posix\nsystem", "builtins\neval", "builtins\nexec", "torch\nload", "numpy.core.multiarray\n_reconstruct", "torch.FloatStorage\n__new__",
            "__torch__\nM", "torch._utils\n_rebuild_tensor_v2"];

    /// <summary>The records of an archive.</summary>
    public static List<(string Name, byte[] Content)> Unpacked(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        return [.. zip.Entries.Select(entry => (entry.FullName, Content(entry)))];

        static byte[] Content(ZipArchiveEntry entry)
        {
            var content = new MemoryStream();
            using (var stream = entry.Open()) stream.CopyTo(content);
            return content.ToArray();
        }
    }

    /// <summary>One record is damaged, lost, doubled or renamed; the sums are right.</summary>
    /// <param name="records">Of a good archive.</param>
    /// <param name="random">Decides.</param>
    /// <param name="hostile">Code that would leave a trace.</param>
    public static byte[] Archive(List<(string Name, byte[] Content)> records, Random random, string hostile)
    {
        var all = records.ToList();
        // Pickles and code say how to read the rest.
        var spoken = all.FindAll(r => r.Name.EndsWith(".pkl", StringComparison.Ordinal) || r.Name.EndsWith(".py", StringComparison.Ordinal));
        var one = spoken.Count > 0 && random.Next(4) > 0 ? all.IndexOf(spoken[random.Next(spoken.Count)]) : random.Next(all.Count);
        var (name, content) = all[one];
        switch (random.Next(20))
        {
            case 0: all.RemoveAt(one); break;
            case 1: all.Insert(random.Next(all.Count), all[one]); break;
            case 2: all[one] = (Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes(name), random, content)), content); break;
            case 3: all[one] = (name, all[random.Next(all.Count)].Content); break;
            default:
                all[one] = (name, name.EndsWith(".pkl", StringComparison.Ordinal) ? Pickle(content, random, hostile)
                    : name.EndsWith(".py", StringComparison.Ordinal) ? Code(content, random, hostile)
                    : Damage.Of(content, random, all[0].Content));
                break;
        }
        return ZipWriter.Write(all, deflate: random.Next(4) == 0, big: random.Next(4) == 0);
    }

    /// <summary>A pickle with other instructions, or with a call.</summary>
    public static byte[] Pickle(byte[] pickle, Random random, string hostile)
    {
        if (random.Next(3) == 0) return Damage.Of(pickle, random, pickle);
        var changed = pickle.ToList();
        for (var times = random.Next(1, 5); times > 0 && changed.Count > 0; times--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(5))
            {
                case 0: changed[at] = Instructions[random.Next(Instructions.Length)]; break;
                case 1: changed.Insert(at, Instructions[random.Next(Instructions.Length)]); break;
                case 2: changed.InsertRange(at, [0x8a, 8, .. BitConverter.GetBytes(Damage.Extreme(random))]); break;
                case 3: changed.InsertRange(at, Enumerable.Repeat(Instructions[random.Next(Instructions.Length)], random.Next(1, 3000))); break;
                case 4:
                    var argument = Encoding.UTF8.GetBytes($"touch {hostile}");
                    changed.InsertRange(at, [(byte)'c', .. Encoding.ASCII.GetBytes(Calls[random.Next(Calls.Length)]), (byte)'\n',
                        (byte)'X', .. BitConverter.GetBytes(argument.Length), .. argument, 0x85, (byte)'R']);
                    break;
            }
        }
        return [.. changed];
    }

    /// <summary>Safetensors: the header in other words, its length put right, the sum of the whole left out.</summary>
    public static byte[] Header(byte[] file, Random random)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file, 8, length).Replace("sha256", "other!", StringComparison.Ordinal));
        if (random.Next(2) == 0)
        {
            header = Damage.Of(header, random, header);
        }
        else
        {
            var root = (JsonObject)JsonNode.Parse(header)!;
            for (var times = random.Next(1, 3); times > 0; times--) Json(root, random);
            header = Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        var said = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(said, random.Next(20) == 0 ? Damage.Extreme(random) : header.Length);
        return [.. said, .. header, .. file[(8 + length)..]];
    }

    /// <summary>ONNX: a field of a message is lost, doubled, damaged or another number; the lengths around it are right.</summary>
    public static byte[] Message(byte[] message, Random random)
    {
        var fields = Fields(message);
        if (fields.Count == 0) return Damage.Of(message, random, message);
        var one = random.Next(fields.Count);
        var (number, value, content) = fields[one];
        switch (random.Next(content is null ? 6 : 12))
        {
            case 0: fields.RemoveAt(one); break;
            case 1: fields.Insert(random.Next(fields.Count), fields[one]); break;
            case 2: fields[one] = (random.Next(1, 30), value, content); break;
            case 3 when content is not null: fields[one] = (number, value, Damage.Of(content, random, message)); break;
            case < 6: fields[one] = (number, Damage.Extreme(random), null); break;
            default: fields[one] = (number, value, Message(content!, random)); break;
        }
        return [.. fields.SelectMany(f => f.Content is { } c ? OnnxWriter.Field(f.Number, c) : OnnxWriter.Field(f.Number, f.Value))];
    }

    /// <summary>TorchScript with a line that would reach a file, or with other words.</summary>
    private static byte[] Code(byte[] code, Random random, string hostile)
    {
        if (random.Next(4) > 0) return Damage.Of(code, random, code);
        string[] lines = [$"_9 = torch.save(x, \"{hostile}\")", $"_9 = ops.aten.save(x, \"{hostile}\")",
            $"_9 = torch.from_file(\"{hostile}\", True, 100)", "while True:\n      pass", "self = self.forward"];
        var text = Encoding.UTF8.GetString(code);
        var at = text.IndexOf("return", StringComparison.Ordinal);
        return at < 0 ? code : Encoding.UTF8.GetBytes(text.Insert(at, $"{lines[random.Next(lines.Length)]}\n    "));
    }

    private static void Json(JsonObject root, Random random)
    {
        JsonNode node = root;
        while (true)
        {
            if (node is JsonObject map && map.Count > 0)
            {
                var key = map.ElementAt(random.Next(map.Count)).Key;
                if (map[key] is JsonObject or JsonArray && random.Next(8) > 0) node = map[key]!;
                else
                {
                    if (random.Next(5) == 0) map.Remove(key);
                    else if (random.Next(5) == 0) map[$"{key}\n\u001b[31m\ud800{new string('x', random.Next(4) * 1000)}"] = map[key]?.DeepClone();
                    else map[key] = Other(random, map[key]);
                    return;
                }
            }
            else if (node is JsonArray list && list.Count > 0)
            {
                if (random.Next(6) == 0) list.Add(Other(random, null));
                else list[random.Next(list.Count)] = Other(random, null);
                return;
            }
            else
            {
                return;
            }
        }
    }

    private static JsonNode? Other(Random random, JsonNode? was) => random.Next(8) switch
    {
        0 => null,
        1 => JsonValue.Create("F64 BF16 U8 BOOL I64 F8 sha256 \n"[(random.Next(4) * 4)..].Split(' ')[0]),
        2 => new JsonArray([.. Enumerable.Range(0, random.Next(20)).Select(_ => (JsonNode)JsonValue.Create(Damage.Extreme(random)))]),
        3 => JsonValue.Create(random.NextDouble() * 1e20),
        4 => was is null ? new JsonObject() : JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"{Damage.Extreme(random)} {was}")),
        _ => JsonValue.Create(Damage.Extreme(random)),
    };

    /// <summary>The fields of a message, numbers and bytes; none if it is no such message.</summary>
    private static List<(int Number, long Value, byte[]? Content)> Fields(byte[] message)
    {
        const int Bytes = 2;
        var (at, fields) = (0, new List<(int, long, byte[]?)>());
        while (at < message.Length)
        {
            if (Number() is not { } tag || (tag & 7) is not (0 or Bytes) || tag >> 3 is < 1 or > 1000 || Number() is not { } value) return [];
            if ((tag & 7) == Bytes && (value < 0 || value > message.Length - at)) return [];
            fields.Add(((int)(tag >> 3), value, (tag & 7) == Bytes ? message[at..(at + (int)value)] : null));
            if ((tag & 7) == Bytes) at += (int)value;
        }
        return fields;

        long? Number()
        {
            var value = 0L;
            for (var shift = 0; shift < 64 && at < message.Length; shift += 7)
            {
                value |= (long)(message[at] & 0x7f) << shift;
                if (message[at++] < 0x80) return value;
            }
            return null;
        }
    }
}
