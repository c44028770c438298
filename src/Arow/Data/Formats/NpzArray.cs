using Arow.IO;

namespace Arow.Data;

/// <summary>An array, checked but not yet read.</summary>
/// <param name="source">Where it is read from.</param>
internal sealed class NpzArray(NpySource source)
{
    private const int BufferSize = 1 << 16;

    /// <summary>Name of the array.</summary>
    public string Name { get; } = source.Name;

    /// <summary>Header of the array.</summary>
    public NpyHeader Header { get; private set; } = new("", []);

    /// <summary>Element type.</summary>
    public NpyElement Element { get; private set; } = new('u', 1, false);

    /// <summary>Smallest and largest number, and whether all are integers; unset for strings.</summary>
    public (double Least, double Most, bool Whole) Range { get; private set; } = (double.PositiveInfinity, double.NegativeInfinity, true);

    /// <summary>Reads the array once to check it: its CRC comes last, and a header can declare anything.</summary>
    /// <param name="source">The array.</param>
    /// <param name="what">Content, for messages: "labels".</param>
    /// <param name="cast">Type the user can convert to: "int64".</param>
    /// <exception cref="InputException">The array is damaged or holds Python objects.</exception>
    public static NpzArray OpenChecked(NpySource source, string what, string cast)
    {
        var array = new NpzArray(source);
        using (var stream = source.Open()) array.Header = NpyHeader.Read(stream);
        array.Element = array.Header.Element ?? throw new InputException(array.Header.Type.Contains('O') && !array.Header.Type.StartsWith('[')
            ? $"{source.File}: {array.Name} is an array of Python objects, which are pickled and not read; save {what} with .astype('{cast}')"
            : $"{source.File}: {array.Name} is of type {array.Header.Type}; save {what} with .astype('{cast}')");
        array.CheckContent();
        return array;
    }

    /// <summary>Opens the array at its first element.</summary>
    public Stream Open()
    {
        var stream = source.Open();
        NpyHeader.Read(stream);
        return new BufferedStream(stream, BufferSize);
    }

    /// <summary>The shape, for messages.</summary>
    public string ShapeText => $"[{string.Join(", ", Header.Shape)}]";

    private void CheckContent()
    {
        var elements = Header.Shape.Aggregate(1L, (a, b) => checked(a * b));
        if (checked(elements * Element.Size) >= source.Length) throw new InputException($"{source.File}: {Name} is damaged");
        using var stream = source.Open();
        NpyHeader.Read(stream);
        if (Element.IsNumber && Element is not { Kind: 'u', Size: 1 }) CheckRange(stream, elements);
        stream.CopyTo(Stream.Null);
    }

    private void CheckRange(Stream stream, long elements)
    {
        var perPiece = BufferSize / Element.Size;
        var (bytes, numbers) = (new byte[perPiece * Element.Size], new double[perPiece]);
        var (least, most, whole) = Range;
        for (var left = elements; left > 0; left -= perPiece)
        {
            var some = (int)Math.Min(perPiece, left);
            stream.ReadExactly(bytes, 0, some * Element.Size);
            Element.ToDoubles(bytes, numbers.AsSpan(0, some));
            foreach (var number in numbers.AsSpan(0, some))
            {
                // NaN fails every range check.
                (least, most) = (Math.Min(least, number), Math.Max(most, number));
                whole &= Math.Floor(number) == number;
            }
        }
        Range = (least, most, whole);
    }
}
