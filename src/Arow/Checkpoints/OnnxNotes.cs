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
        var reader = new ProtobufReader(file, MaxFields);
        var (metadata, inputs, weights) = (new Dictionary<string, string>(), new List<(string Name, InputShape Shape)>(), new HashSet<string>());
        try
        {
            foreach (var field in reader.ReadFields(reader.Whole))
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

    private static (string Key, string Value) ReadEntry(ProtobufReader reader, ProtobufField entry)
    {
        var (key, value) = ("", "");
        foreach (var field in reader.ReadFields(entry))
        {
            if (field.Number == 1) key = ReadText(reader, field);
            else if (field.Number == 2) value = ReadText(reader, field);
        }
        return (key, value);
    }

    private static void ReadGraph(ProtobufReader reader, ProtobufField graph, List<(string, InputShape)> inputs, HashSet<string> weights)
    {
        foreach (var field in reader.ReadFields(graph))
        {
            if (field is { Number: 5, Length: >= 0 })
            {
                foreach (var part in reader.ReadFields(field))
                {
                    if (part.Number == 8) weights.Add(ReadText(reader, part));
                }
            }
            else if (field is { Number: 11, Length: >= 0 and < MaxEntryBytes } && ReadInput(reader, field) is { } input) inputs.Add(input);
        }
    }

    /// <summary>ValueInfoProto: a name, and a type that is a tensor's with a shape of dimensions, each a number or a name.</summary>
    private static (string, InputShape)? ReadInput(ProtobufReader reader, ProtobufField info)
    {
        var (name, sizes) = ("", new List<long>());
        foreach (var field in reader.ReadFields(info))
        {
            if (field.Number == 1) name = ReadText(reader, field);
            else if (field is { Number: 2, Length: >= 0 })
            {
                foreach (var dimension in reader.ReadMessages(field, 1, 2, 1))
                    sizes.Add(reader.ReadFields(dimension).FirstOrDefault(part => part is { Number: 1, IsBytes: false }).Value);
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

    /// <summary>Names and values are short.</summary>
    private static string ReadText(ProtobufReader reader, ProtobufField field) =>
        field.Length <= MaxEntryBytes ? reader.ReadText(field) : throw new InvalidDataException("a long name");
}
