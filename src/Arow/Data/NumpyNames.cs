using System.Text;
using Arow.Pickles;

namespace Arow.Data;

/// <summary>Every name that a pickle with NumPy arrays may ask for, of Python 2's and of Python 3's NumPy, and what becomes of it.</summary>
internal sealed class NumpyNames : IPickleNames
{
    private const string ArrayType = "numpy.ndarray", ElementType = "numpy.dtype", Encode = "_codecs.encode";

    private static readonly string[] Empty = Named("multiarray._reconstruct"), Scalar = Named("multiarray.scalar"), Whole = Named("numeric._frombuffer");

    private static readonly HashSet<string> Known = [ArrayType, ElementType, Encode, .. Empty, .. Scalar, .. Whole];

    /// <inheritdoc/>
    public string Writer => "nobody writes for a list, dictionary or array";

    /// <inheritdoc/>
    public PickleGlobal Allowed(string path, string name) => Known.Contains(name) ? new PickleGlobal(name)
        : throw new InputException($"{path}: asks for '{Printable.Text(name.Length > 80 ? $"{name[..80]}…" : name)}'; only numbers, texts, containers and NumPy arrays are read from a pickle, since anything else would run its code");

    /// <inheritdoc/>
    public object? Make(PickleGlobal function, object?[] arguments) => function.Name switch
    {
        // Python 3 writes bytes for Python 2 as text of Latin-1 that is to be encoded.
        Encode when arguments is [string text, "latin1" or "latin-1"] => new ReadOnlyMemory<byte>(Encoding.Latin1.GetBytes(text)),
        ElementType => new NumpyType(PickleText.Of(arguments[0])!),
        var name when Empty.Contains(name) => new NumpyArray(),
        var name when Scalar.Contains(name) => Number((NumpyType)arguments[0]!, (ReadOnlyMemory<byte>)arguments[1]!),
        var name when Whole.Contains(name) && arguments is [ReadOnlyMemory<byte> bytes, NumpyType type, object?[] shape, string order] =>
            new NumpyArray { Shape = Lengths(shape), Element = type.Element, IsFortran = order == "F", Bytes = bytes }.Checked(),
        _ => throw new InvalidOperationException("a name that is not to be called"),
    };

    /// <inheritdoc/>
    public bool Build(object target, object? state)
    {
        var parts = (object?[])state!;
        switch (target)
        {
            // (3, '|', …)
            case NumpyType type:
                type.Order = PickleText.Of(parts[1])!;
                return true;
            // (1, shape, type, whether the first axis varies fastest, bytes), of which the first came later than the others.
            case NumpyArray array:
                if (parts.Length == 5) parts = parts[1..];
                var (shape, element) = ((object?[])parts[0]!, (NumpyType)parts[1]!);
                (array.Shape, array.Element, array.IsFortran) = (Lengths(shape), element.Element, parts[2] is true or 1L);
                // Objects come as a list.
                array.Bytes = parts[3] as ReadOnlyMemory<byte>? ?? default;
                array.Checked();
                return true;
            default: return false;
        }
    }

    /// <summary>Bytes, since the content of arrays comes as such; what is to be text is made so where it is asked for.</summary>
    public object Python2(ReadOnlyMemory<byte> bytes) => bytes;

    private static string[] Named(string function) => [$"numpy.core.{function}", $"numpy._core.{function}"];

    private static long[] Lengths(object?[] shape) => [.. shape.Select(n => (long)n!)];

    private static object Number(NumpyType type, ReadOnlyMemory<byte> bytes)
    {
        if (type.Element is not { IsWhole: true } element || bytes.Length != element.Size) throw new InvalidOperationException("no whole number");
        var number = new double[1];
        element.Numbers(bytes.Span, number);
        return (long)number[0];
    }
}

/// <summary>The type of a pickled array's elements.</summary>
/// <param name="Name">NumPy's name without the order of bytes: <c>u1</c>.</param>
internal sealed record NumpyType(string Name)
{
    /// <summary>The order of bytes: <c>|</c>, <c>&lt;</c>, <c>&gt;</c> or <c>=</c>.</summary>
    public string Order { get; set; } = "|";

    /// <summary>How elements are to be understood; null for a type of neither numbers nor texts.</summary>
    public NpyElement? Element => NpyElement.Parse(Order + Name);
}

/// <summary>An array of a pickle.</summary>
internal sealed class NumpyArray
{
    /// <summary>Lengths of the axes.</summary>
    public long[] Shape { get; set; } = [];

    /// <summary>What it is of; null for neither numbers nor texts.</summary>
    public NpyElement? Element { get; set; }

    /// <summary>Whether the first axis varies fastest, and not the last.</summary>
    public bool IsFortran { get; set; }

    /// <summary>Its content, a part of the file; empty where it is of neither numbers nor texts.</summary>
    public ReadOnlyMemory<byte> Bytes { get; set; }

    /// <summary>Itself, whose content is as long as its shape says.</summary>
    public NumpyArray Checked()
    {
        var size = Shape.Aggregate((Int128)(Element?.Size ?? 0), (product, length) => length >= 0 ? checked(product * length) : throw new OverflowException());
        return size == Bytes.Length ? this : throw new InvalidOperationException("an array of another length than its shape says");
    }
}
