using System.Text;
using Arow.IO;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>
/// What an ONNX file says of itself, read from the protocol buffers of ModelProto and GraphProto: some of its metadata, and the images
/// that it takes. Nodes and weights are passed over.
/// </summary>
/// <param name="Metadata">The requested entries.</param>
/// <param name="Input">Shape of the images; null if it is not fixed, or none or several inputs look like images.</param>
internal sealed record OnnxNotes(IReadOnlyDictionary<string, string> Metadata, InputShape? Input)
{
    private const int MaxFields = 1_000_000, MaxEntryBytes = 1 << 20, MaxSide = 1 << 14;

    /// <summary>Reads a file; what is damaged is refused when the model is opened, and says nothing here.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keys">Keys of the metadata to keep.</param>
    public static OnnxNotes Read(string path, IReadOnlyCollection<string> keys)
    {
        using var file = RegularFile.Open(path);
        var reader = new Reader(file);
        var (metadata, inputs, weights) = (new Dictionary<string, string>(), new List<(string Name, InputShape Shape)>(), new HashSet<string>());
        try
        {
            foreach (var field in reader.Fields(0, file.Length))
            {
                if (field is { Number: 14, Length: >= 0 and < MaxEntryBytes })
                {
                    var (key, value) = ReadEntry(reader, field);
                    if (keys.Contains(key)) metadata[key] = value;
                }
                else if (field is { Number: 7, Length: >= 0 }) ReadGraph(reader, field, inputs, weights);
            }
        }
        catch (InvalidDataException)
        {
            return new OnnxNotes(new Dictionary<string, string>(), null);
        }
        // Files of the first versions list weights among the inputs.
        var images = inputs.Where(input => !weights.Contains(input.Name)).ToList();
        return new OnnxNotes(metadata, images.Count == 1 ? images[0].Shape : null);
    }

    private static (string Key, string Value) ReadEntry(Reader reader, Field entry)
    {
        var (key, value) = ("", "");
        foreach (var field in reader.Fields(entry))
        {
            if (field.Number == 1) key = reader.Text(field);
            else if (field.Number == 2) value = reader.Text(field);
        }
        return (key, value);
    }

    private static void ReadGraph(Reader reader, Field graph, List<(string, InputShape)> inputs, HashSet<string> weights)
    {
        foreach (var field in reader.Fields(graph))
        {
            if (field is { Number: 5, Length: >= 0 })
            {
                foreach (var part in reader.Fields(field))
                {
                    if (part.Number == 8) weights.Add(reader.Text(part));
                }
            }
            else if (field is { Number: 11, Length: >= 0 and < MaxEntryBytes } && ReadInput(reader, field) is { } input) inputs.Add(input);
        }
    }

    /// <summary>ValueInfoProto: a name, and a type that is a tensor's with a shape of dimensions, each a number or a name.</summary>
    private static (string, InputShape)? ReadInput(Reader reader, Field info)
    {
        var (name, sizes) = ("", new List<long>());
        foreach (var field in reader.Fields(info))
        {
            if (field.Number == 1) name = reader.Text(field);
            else if (field is { Number: 2, Length: >= 0 })
            {
                foreach (var dimension in reader.Messages(field, 1, 2, 1))
                    sizes.Add(reader.Fields(dimension).Where(part => part is { Number: 1, Length: < 0 }).Select(part => part.Value).FirstOrDefault());
            }
        }
        InputShape? shape = sizes switch
        {
            [_, 1 or 3, > 0 and <= MaxSide, > 0 and <= MaxSide] => new InputShape((int)sizes[1], (int)sizes[2], (int)sizes[3]),
            [_, > 0 and <= MaxSide, > 0 and <= MaxSide, 1 or 3] => new InputShape((int)sizes[3], (int)sizes[1], (int)sizes[2]),
            _ => null,
        };
        return shape is null ? null : (name, shape);
    }

    /// <summary>A field of a message: a number, or bytes of the file.</summary>
    /// <param name="Number">Its number.</param>
    /// <param name="Value">The number that it holds; 0 for bytes.</param>
    /// <param name="Start">Where its bytes begin.</param>
    /// <param name="Length">Of the bytes; -1 for a number.</param>
    private readonly record struct Field(int Number, long Value, long Start, long Length);

    private sealed class Reader(FileStream file)
    {
        private int read;

        public IEnumerable<Field> Fields(Field message) => Fields(message.Start, message.Length);

        public IEnumerable<Field> Fields(long start, long length)
        {
            for (var (at, end) = (start, start + length); at < end;)
            {
                if (++read > MaxFields) throw new InvalidDataException("more fields than are looked at");
                file.Position = at;
                var tag = ReadNumber(end);
                var number = (int)(tag >> 3);
                switch (tag & 7)
                {
                    case 0:
                        var value = (long)ReadNumber(end);
                        at = file.Position;
                        yield return new Field(number, value, 0, -1);
                        break;
                    case 2:
                        var size = ReadNumber(end);
                        var from = file.Position;
                        if (size > (ulong)(end - from)) throw new InvalidDataException("a field beyond its message");
                        at = from + (long)size;
                        yield return new Field(number, 0, from, (long)size);
                        break;
                    case 1:
                        at = file.Position + sizeof(long);
                        break;
                    case 5:
                        at = file.Position + sizeof(int);
                        break;
                    default:
                        throw new InvalidDataException("a field of unknown form");
                }
            }
        }

        /// <summary>The messages in fields of these numbers, each within those of the number before.</summary>
        public IEnumerable<Field> Messages(Field message, params int[] numbers) => numbers.Length == 0 ? [message]
            : Fields(message).Where(field => field.Number == numbers[0] && field.Length >= 0).SelectMany(field => Messages(field, numbers[1..]));

        public string Text(Field field)
        {
            if (field.Length is < 0 or > MaxEntryBytes) throw new InvalidDataException("no text");
            var bytes = new byte[field.Length];
            file.Position = field.Start;
            file.ReadExactly(bytes);
            return Encoding.UTF8.GetString(bytes);
        }

        private ulong ReadNumber(long end)
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                if (file.Position >= end || file.ReadByte() is not (>= 0 and var b)) throw new InvalidDataException("a number beyond its message");
                value |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80) return value;
            }
            throw new InvalidDataException("a number of more than ten bytes");
        }
    }
}
