using Arow.IO;

namespace Arow.Onnx.Graphs;

/// <summary>Reads the tensors of a model file.</summary>
/// <param name="file">The file.</param>
/// <param name="folder">Folder of external data.</param>
/// <param name="real">Type that floating-point tensors are converted to.</param>
/// <param name="created">Receives every tensor, for its disposal.</param>
internal sealed class TensorReader(ProtobufReader file, string folder, ScalarType real, List<Tensor> created)
{
    private const int MaxRank = 32;

    /// <summary>Reads a TensorProto.</summary>
    /// <returns>Name, and the tensor on the CPU.</returns>
    /// <exception cref="UnsupportedGraphException">The type is not supported.</exception>
    /// <exception cref="InvalidDataException">The file does not hold the numbers that the shape requires.</exception>
    public (string Name, Tensor Tensor) Read(ProtobufField message)
    {
        const int Dims = 1, Type = 2, FloatData = 4, Int32Data = 5, Int64Data = 7, NameField = 8, Raw = 9, DoubleData = 10, Unsigned = 11,
            External = 13;
        var (name, type, shape) = ("", 0L, new List<long>());
        ProtobufField? raw = null;
        var external = new Dictionary<string, string>();
        var listed = new List<ProtobufField>();
        foreach (var field in file.ReadFields(message))
        {
            switch (field.Number)
            {
                case Dims: shape.AddRange(file.ReadIntegers(field)); break;
                case Type when !field.IsBytes: type = field.Value; break;
                case NameField when field.IsBytes: name = file.ReadText(field); break;
                case Raw when field.IsBytes: raw = field; break;
                case FloatData or Int32Data or Int64Data or DoubleData or Unsigned: listed.Add(field); break;
                case External when field.IsBytes:
                    var entry = file.ReadFields(field).Where(f => f.IsBytes).ToLookup(f => f.Number, file.ReadText);
                    external[entry[1].LastOrDefault("")] = entry[2].LastOrDefault("");
                    break;
            }
        }
        if (shape.Count > MaxRank) throw new InvalidDataException($"a tensor of {shape.Count} dimensions");
        var elements = shape.Aggregate(1L, (a, b) => b < 0 ? throw new InvalidDataException("a tensor of negative size") : checked(a * b));
        var (stored, bytes) = Stored(type);
        var size = checked(elements * bytes);
        using var scope = NewDisposeScope();
        Tensor tensor;
        if (external.Count > 0) tensor = Filled(elements, stored, size, span => ReadExternal(external, span));
        else if (raw is { } field && field.Length == size)
            tensor = Filled(elements, stored, size, span => file.Read(field, span));
        else if (raw is { Length: > 0 }) throw new InvalidDataException("a tensor of another size than its bytes");
        else tensor = FromList(listed, stored, elements);
        var converted = (tensor.is_floating_point() ? tensor.to(real) : type == ElementType.Bool ? tensor.ne(0) : tensor).reshape([.. shape]).alias();
        created.Add(converted.DetachFromDisposeScope());
        return (name, converted);
    }

    /// <summary>Reads the float32 numbers of a repeated field, packed or not.</summary>
    public float[] ReadFloats(ProtobufField field) =>
        field.IsBytes ? file.ReadNumbers<float>(field) : [BitConverter.Int32BitsToSingle((int)field.Value)];

    private static Tensor Filled(long elements, ScalarType type, long size, SpanAction fill)
    {
        if (size > Array.MaxLength) throw new UnsupportedGraphException("a constant is larger than 2 GB");
        var tensor = empty([elements], type, device: CPU);
        if (elements > 0) fill(tensor.bytes);
        return tensor;
    }

    private delegate void SpanAction(Span<byte> span);

    private Tensor FromList(List<ProtobufField> listed, ScalarType stored, long elements)
    {
        const int FloatData = 4, DoubleData = 10;
        Tensor tensor;
        if (stored == ScalarType.Float32) tensor = torch.tensor(Listed(FloatData).SelectMany(f => ReadFloats(f)).ToArray(), device: CPU);
        else if (stored == ScalarType.Float64) tensor = torch.tensor(Listed(DoubleData).SelectMany(Doubles).ToArray(), device: CPU);
        else
        {
            var integers = listed.Where(f => f.Number is not (FloatData or DoubleData)).SelectMany(f => file.ReadIntegers(f)).ToArray();
            tensor = stored is ScalarType.Float16 or ScalarType.BFloat16
                ? torch.tensor(integers.Select(i => FromHalf((ushort)i, stored)).ToArray(), device: CPU)
                : torch.tensor(integers, ScalarType.Int64, device: CPU).to(stored);
        }
        if (tensor.numel() != elements) throw new InvalidDataException($"a tensor of {tensor.numel()} numbers whose shape requires {elements}");
        return tensor;

        IEnumerable<ProtobufField> Listed(int number) => listed.Where(f => f.Number == number);
    }

    private double[] Doubles(ProtobufField field) =>
        field.IsBytes ? file.ReadNumbers<double>(field) : [BitConverter.Int64BitsToDouble(field.Value)];

    private static float FromHalf(ushort bits, ScalarType type) =>
        type == ScalarType.Float16 ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.Int32BitsToSingle(bits << 16);

    /// <summary>Reads a file whose name, offset and length have been validated.</summary>
    private void ReadExternal(Dictionary<string, string> entries, Span<byte> span)
    {
        using var data = File.OpenHandle(Path.Combine(folder, entries.GetValueOrDefault("location", "")));
        var offset = entries.TryGetValue("offset", out var text) ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
        for (var done = 0; done < span.Length;)
        {
            var count = RandomAccess.Read(data, span[done..], offset + done);
            if (count == 0) throw new InvalidDataException("external data that is truncated");
            done += count;
        }
    }

    /// <summary>Returns the type of a tensor of the file and the bytes of an element.</summary>
    private static (ScalarType Type, int Bytes) Stored(long type) => type switch
    {
        ElementType.Float => (ScalarType.Float32, 4),
        ElementType.Double => (ScalarType.Float64, 8),
        ElementType.Float16 => (ScalarType.Float16, 2),
        ElementType.BFloat16 => (ScalarType.BFloat16, 2),
        ElementType.UInt8 => (ScalarType.Byte, 1),
        ElementType.Int8 => (ScalarType.Int8, 1),
        ElementType.Int16 => (ScalarType.Int16, 2),
        ElementType.Int32 => (ScalarType.Int32, 4),
        ElementType.Int64 => (ScalarType.Int64, 8),
        ElementType.Bool => (ScalarType.Byte, 1),
        _ => throw new UnsupportedGraphException($"tensors of {ElementType.Name(type)} are not supported"),
    };
}
