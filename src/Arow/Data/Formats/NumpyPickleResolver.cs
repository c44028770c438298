using System.Text;
using Arow.IO;
using Arow.Pickles;

namespace Arow.Data;

/// <summary>The names that a pickle with NumPy arrays may use, written by NumPy of Python 2 or 3, and what they create.</summary>
internal sealed class NumpyPickleResolver : IPickleResolver
{
    private const string ArrayType = "numpy.ndarray", ElementType = "numpy.dtype", Encode = "_codecs.encode";

    private static readonly string[] ReconstructNames = QualifiedNames("multiarray._reconstruct"), ScalarNames = QualifiedNames("multiarray.scalar"),
    FromBufferNames = QualifiedNames("numeric._frombuffer");

    private static readonly HashSet<string> AllowedNames = [ArrayType, ElementType, Encode, .. ReconstructNames, .. ScalarNames, .. FromBufferNames];

    public string UnknownInstruction => "is not used for lists, dictionaries or arrays";

    public PickleGlobal Resolve(string path, string name) => AllowedNames.Contains(name) ? new PickleGlobal(name)
        : throw new InputException(
            $"{path}: uses '{Printable.Escape(name.Length > 80 ? $"{name[..80]}…" : name)}'; only numbers, strings, containers and NumPy arrays are "
                + "read from a pickle, because anything else could run code");

    public object? Invoke(PickleGlobal function, object?[] arguments) => function.Name switch
    {
        // Python 3 writes bytes for Python 2 as Latin-1 text to be encoded.
        Encode when arguments is [string text, "latin1" or "latin-1"] => new ReadOnlyMemory<byte>(Encoding.Latin1.GetBytes(text)),
        ElementType => new NumpyType(PickleText.Decode(arguments[0])!),
        var name when ReconstructNames.Contains(name) => new NumpyArray(),
        var name when ScalarNames.Contains(name) => ReadScalar((NumpyType)arguments[0]!, (ReadOnlyMemory<byte>)arguments[1]!),
        var name when FromBufferNames.Contains(name) && arguments is [ReadOnlyMemory<byte> bytes, NumpyType type, object?[] shape, string order] =>
            new NumpyArray { Shape = ToShape(shape), Element = type.Element, IsFortran = order == "F", Bytes = bytes }.EnsureValid(),
        _ => throw new InvalidOperationException("a name that is not to be called"),
    };

    public bool SetState(object target, object? state)
    {
        var parts = (object?[])state!;
        switch (target)
        {
            // State: (3, '|', …)
            case NumpyType type:
                type.Order = PickleText.Decode(parts[1])!;
                return true;
            // State: (1, shape, type, whether the first axis varies fastest, bytes); the first element was added later.
            case NumpyArray array:
                if (parts.Length == 5) parts = parts[1..];
                var (shape, element) = ((object?[])parts[0]!, (NumpyType)parts[1]!);
                (array.Shape, array.Element, array.IsFortran) = (ToShape(shape), element.Element, parts[2] is true or 1L);
                // Objects are stored as a list.
                array.Bytes = parts[3] as ReadOnlyMemory<byte>? ?? default;
                array.EnsureValid();
                return true;
            default: return false;
        }
    }

    /// <summary>Returns bytes, because array content is stored as such; consumers decode strings.</summary>
    public object DecodePython2String(ReadOnlyMemory<byte> bytes) => bytes;

    private static string[] QualifiedNames(string function) => [$"numpy.core.{function}", $"numpy._core.{function}"];

    private static long[] ToShape(object?[] shape) => [.. shape.Select(n => (long)n!)];

    private static object ReadScalar(NumpyType type, ReadOnlyMemory<byte> bytes)
    {
        if (type.Element is not { IsInteger: true } element || bytes.Length != element.Size) throw new InvalidOperationException("no whole number");
        var number = new double[1];
        element.ToDoubles(bytes.Span, number);
        return (long)number[0];
    }
}

/// <summary>Element type of a pickled array.</summary>
/// <param name="Name">NumPy's name without the byte order: <c>u1</c>.</param>
internal sealed record NumpyType(string Name)
{
    /// <summary>Byte order: <c>|</c>, <c>&lt;</c>, <c>&gt;</c> or <c>=</c>.</summary>
    public string Order { get; set; } = "|";

    /// <summary>Element type; null if it is neither numeric nor a string.</summary>
    public NpyElement? Element => NpyElement.Parse(Order + Name);
}

/// <summary>A pickled array.</summary>
internal sealed class NumpyArray
{
    /// <summary>Lengths of the axes.</summary>
    public long[] Shape { get; set; } = [];

    /// <summary>Element type; null if it is neither numeric nor a string.</summary>
    public NpyElement? Element { get; set; }

    /// <summary>Whether the first axis varies fastest instead of the last.</summary>
    public bool IsFortran { get; set; }

    /// <summary>Content, a slice of the file; empty if it is neither numeric nor strings.</summary>
    public ReadOnlyMemory<byte> Bytes { get; set; }

    /// <summary>Returns this array after checking that its length matches its shape.</summary>
    public NumpyArray EnsureValid()
    {
        var size = Shape.Aggregate((Int128)(Element?.Size ?? 0), (product, length) =>
            length >= 0 ? checked(product * length) : throw new OverflowException());
        return size == Bytes.Length ? this : throw new InvalidOperationException("an array of another length than its shape says");
    }
}
