using System.Text;
using Arow.IO;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>
/// Arrays of NumPy in the place of tensors: in pickles, of <c>torch.save</c> or plain ones, and in archives of <c>np.savez</c>. Arrays of
/// objects are not read.
/// </summary>
internal static class NumpyWeights
{
    /// <summary>What a Python pickle is in which no weights are found.</summary>
    public const string PlainPickle =
        "is a Python pickle that torch.save did not write: save the weights by torch.save(model.state_dict(), …), or the model by torch.jit.trace";

    private const int SafetensorsStart = 8; // of its header, after the length
    private const int MaxDimensions = 16;
    private const int LastProtocol = 5;
    private const string Extension = ".npy";

    /// <summary>Weights hardly shrink when they are packed; those of a pruned network do by some times.</summary>
    private const int MaxRatio = 16;
    private const long AlwaysAllowed = 64 << 20;

    private static readonly Dictionary<(char Kind, int Size), ScalarType> Types = new()
    {
        [('f', 2)] = ScalarType.Float16, [('f', 4)] = ScalarType.Float32, [('f', 8)] = ScalarType.Float64,
        [('i', 1)] = ScalarType.Int8, [('i', 2)] = ScalarType.Int16, [('i', 4)] = ScalarType.Int32, [('i', 8)] = ScalarType.Int64,
        [('u', 1)] = ScalarType.Byte, [('b', 1)] = ScalarType.Bool,
    };

    /// <summary>
    /// Whether a file begins as a Python pickle does. Those of <c>torch.save</c> before PyTorch 1.6 do too, and safetensors whose header has a
    /// length of such bytes.
    /// </summary>
    public static bool IsPickle(ReadOnlySpan<byte> start) =>
        start is [0x80, >= 2 and <= LastProtocol, ..] && !(start.Length > SafetensorsStart && start[SafetensorsStart] == (byte)'{');

    /// <summary>Opens a pickle that <c>torch.save</c> did not write: of arrays, or of tensors with their numbers inside.</summary>
    /// <exception cref="InputException">The pickle is damaged or holds no weights.</exception>
    public static TorchFile OpenPickle(string path)
    {
        var root = new PickleReader(path, RegularFile.ReadAllBytes(path, Array.MaxLength), new TorchPickleResolver()).Read();
        if (StateDicts.FindAll(root).Count == 0) throw new InputException($"{path}: {PlainPickle}");
        return new TorchFile(path, root, new MemoryStream(), _ => throw new InputException($"{path}: is damaged: it refers to numbers outside of it"));
    }

    /// <summary>Opens an archive of arrays and takes ownership of it; null if it contains no array of numbers.</summary>
    public static TorchFile? TryOpenArchive(ZipRecords records)
    {
        var names = records.Names.Where(name => name.EndsWith(Extension, StringComparison.Ordinal)).ToList();
        var packed = new FileInfo(records.Path).Length;
        if (names.Sum(n => (double)records.Length(n)) > (double)MaxRatio * packed + AlwaysAllowed) throw new InputException(
            $"{records.Path}: is an archive of arrays that are more than {MaxRatio} times as large as the file, which weights are not");
        var (arrays, found) = (new PickleMap(), false);
        foreach (var name in names)
        {
            if (ReadArray(records.Read(name, Array.MaxLength)) is { } array)
            {
                arrays.Set(name[..^Extension.Length], array);
                found = true;
            }
            else arrays.Set(name[..^Extension.Length], new PickleObject("numpy.ndarray"));
        }
        return found ? new TorchFile(records.Path, arrays, records, _ => throw new InvalidOperationException("every array has its numbers")) : null;
    }

    /// <summary>Returns an array that a pickle describes as a tensor; null if it is none, or of other things than numbers.</summary>
    public static TensorRef? TryRead(PickleObject made)
    {
        if (Describe(made) is not var (shape, type, isFortran, content)) return null;
        if (Element(type) is not { } element || shape.Length > MaxDimensions) return null;
        var lengths = new long[shape.Length];
        for (var i = 0; i < lengths.Length; i++)
        {
            if (shape[i] is not (long and >= 0 and var length)) return null;
            lengths[i] = length;
        }
        return Create(lengths, element, isFortran is true or 1L or "F", content);
    }

    /// <summary>The parts of an array: shape, type, whether the first axis varies fastest, and the bytes.</summary>
    private static (object?[] Shape, PickleObject Type, object? IsFortran, object Content)? Describe(PickleObject made) =>
        (made.State, made.Arguments) switch
        {
            // State: (1, shape, type, whether the first axis varies fastest, bytes); the first element was added later.
            (object?[] { Length: 4 or 5 } state, [PickleGlobal { Name: "numpy.ndarray" }, ..]) when IsNamed(made, "multiarray._reconstruct")
                && state[^4..] is [object?[] shape, PickleObject type, var order, { } content] => (shape, type, order, content),
            (null, [{ } content, PickleObject type, object?[] shape, var order]) when IsNamed(made, "numeric._frombuffer") =>
                (shape, type, order, content),
            _ => null,
        };

    private static bool IsNamed(PickleObject made, string function) =>
        made.Class == $"numpy.core.{function}" || made.Class == $"numpy._core.{function}";

    private static NpyElement? Element(PickleObject type)
    {
        // State: (3, byte order, …)
        if (type is not { Class: "numpy.dtype", Arguments: [var name, ..] }) return null;
        var order = type.State is object?[] { Length: > 1 } state ? state[1] : "|";
        return (name, order) is (string or ReadOnlyMemory<byte>, string or ReadOnlyMemory<byte>)
            ? NpyElement.Parse(Text(order) + Text(name)) : null;

        // Names of types are ASCII; what a damaged file has in their place is no type.
        static string Text(object? value) => value as string ?? Encoding.Latin1.GetString(((ReadOnlyMemory<byte>)value!).Span);
    }

    /// <summary>An array with its header; null if it is of other things than numbers, or damaged.</summary>
    private static TensorRef? ReadArray(byte[] bytes)
    {
        try
        {
            using var stream = new MemoryStream(bytes);
            var header = NpyHeader.Read(stream);
            return header.Element is not { } element || header.Shape.Length > MaxDimensions ? null
                : Create(header.Shape, element, header.IsFortran, (ReadOnlyMemory<byte>)bytes.AsMemory((int)stream.Position));
        }
        catch (Exception e) when (e is FormatException or EndOfStreamException or OverflowException)
        {
            return null;
        }
    }

    private static TensorRef? Create(long[] shape, NpyElement element, bool isFortran, object content)
    {
        if (!Types.TryGetValue((element.Kind, element.Size), out var type)) return null;
        var count = (Int128)1;
        foreach (var length in shape)
        {
            count *= length;
            if (count > int.MaxValue) return null;
        }
        if (StoredNumbers.TryCreate(content, element.BigEndian) is not { } numbers || numbers.Length != count * element.Size) return null;
        var (strides, step) = (new long[shape.Length], 1L);
        foreach (var axis in isFortran ? Enumerable.Range(0, shape.Length) : Enumerable.Range(0, shape.Length).Reverse())
        {
            strides[axis] = step;
            step *= Math.Max(1, shape[axis]);
        }
        return new TensorRef(new StorageRef("", type, (long)count) { Content = numbers }, 0, shape, strides);
    }
}
