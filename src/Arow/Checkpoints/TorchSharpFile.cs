using Arow.IO;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// The weights that <c>module.save</c> of TorchSharp writes (<c>.dat</c>): the number of tensors, then for each its name, type, shape
/// and numbers. The format has no mark at its start: a file is of this format if all of it can be read so.
/// </summary>
internal static class TorchSharpFile
{
    private const int MaxTensors = 1_000_000;
    private const int MaxNameLength = 1000;
    private const int MaxDimensions = 16;
    private const string Extension = ".dat";

    private static readonly ScalarType[] Types =
    [
        ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64, ScalarType.Float16, ScalarType.Float32,
        ScalarType.Float64, ScalarType.Bool, ScalarType.BFloat16,
    ];

    /// <summary>Reads a file; null if it is of another format.</summary>
    /// <exception cref="InputException">It is of this format by its name, but damaged.</exception>
    public static SafetensorsFile? TryRead(string path)
    {
        using var file = RegularFile.Open(path);
        if (Locate(file) is not { } places)
        {
            return path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)
                ? throw new InputException($"{path}: is truncated or damaged: it is not a file of TorchSharp's module.save") : null;
        }
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var (name, type, shape, offset, size) in places)
            {
                if (size > int.MaxValue) throw new InputException($"{path}: tensor '{name}' is larger than 2 GB; convert the model to safetensors");
                var tensor = empty(shape, type, device: CPU).DetachFromDisposeScope();
                tensors.Add(name, tensor);
                file.Position = offset;
                if (size > 0) file.ReadExactly(tensor.bytes);
            }
            return new SafetensorsFile(tensors, new Dictionary<string, string>());
        }
        catch
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw;
        }
    }

    /// <summary>Returns the places of all tensors; null unless they fill the file to its last byte.</summary>
    private static List<(string Name, ScalarType Type, long[] Shape, long Offset, long Size)>? Locate(FileStream file)
    {
        if (ReadNumber(file) is not (> 0 and <= MaxTensors and var count)) return null;
        var places = new List<(string, ScalarType, long[], long, long)>();
        var names = new HashSet<string>();
        for (var i = 0L; i < count; i++)
        {
            if (ReadName(file) is not { } name || !names.Add(name)) return null;
            if (ReadNumber(file) is not { } code || !Types.Contains((ScalarType)code) || code > sbyte.MaxValue) return null;
            if (ReadNumber(file) is not (>= 0 and <= MaxDimensions and var dimensions)) return null;
            var type = (ScalarType)code;
            var (shape, size) = (new long[dimensions], (Int128)ElementSize(type));
            for (var d = 0; d < dimensions; d++)
            {
                if (ReadNumber(file) is not (>= 0 and var length)) return null;
                shape[d] = length;
                size *= length;
                if (size > file.Length && !shape.AsSpan(0, d + 1).Contains(0)) return null;
            }
            if (size > file.Length - file.Position) return null;
            places.Add((name, type, shape, file.Position, (long)size));
            file.Position += (long)size;
        }
        return file.Position == file.Length ? places : null;
    }

    /// <summary>Reads a number in groups of seven bits, the lowest first.</summary>
    private static long? ReadNumber(FileStream file)
    {
        const int Bits = 7, Most = 56;
        var value = 0L;
        for (var shift = 0; shift < Most; shift += Bits)
        {
            if (file.ReadByte() is not (>= 0 and var part)) return null;
            value |= (long)(part & 0x7f) << shift;
            if ((part & 0x80) == 0) return value;
        }
        return null;
    }

    private static string? ReadName(FileStream file)
    {
        if (ReadNumber(file) is not (> 0 and <= MaxNameLength and var length) || length > file.Length - file.Position) return null;
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        try
        {
            var name = PickleText.Decode(bytes);
            return name.Any(char.IsControl) ? null : name;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static long ElementSize(ScalarType type) => new StorageRef("", type, 1).Size;
}
