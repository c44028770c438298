using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Arow.IO;

/// <summary>The header of an array in NumPy's .npy format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).</summary>
/// <param name="Type">Type string: <c>|u1</c>, <c>&lt;i8</c>, <c>|O</c>, or a list of fields.</param>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="IsFortran">Whether the first axis varies fastest instead of the last.</param>
internal sealed partial record NpyHeader(string Type, long[] Shape, bool IsFortran = false)
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Element type; null if it is neither numeric nor a string.</summary>
    public NpyElement? Element => NpyElement.Parse(Type);

    /// <summary>Elements per index of the first axis.</summary>
    public long PerRow => Shape.Skip(1).Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>Reads a header and leaves the stream at the first element.</summary>
    /// <exception cref="FormatException">The header is invalid.</exception>
    public static NpyHeader Read(Stream stream)
    {
        var start = new byte[8];
        stream.ReadExactly(start);
        if (!start.AsSpan(0, 6).SequenceEqual(Magic) || start[6] is < 1 or > 3) throw new FormatException();
        var length = new byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(length);
        var count = length.Length == 2 ? BitConverter.ToUInt16(length) : BitConverter.ToUInt32(length);
        if (count > 1 << 16) throw new FormatException();
        var bytes = new byte[count];
        stream.ReadExactly(bytes);

        var text = Encoding.UTF8.GetString(bytes);
        var (type, order, shape) = (TypeField().Match(text), OrderField().Match(text), ShapeField().Match(text));
        if (!type.Success || !order.Success || !shape.Success) throw new FormatException();
        return new NpyHeader(
            type.Groups["type"].Value,
            [.. shape.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(n => long.Parse(n.TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture))],
            order.Groups["order"].Value == "True");
    }

    /// <summary>Writes the header, padded so that the elements begin at a multiple of 64 bytes.</summary>
    public void Write(Stream stream)
    {
        var shape = string.Join(", ", Shape) + (Shape.Length == 1 ? "," : "");
        var text = $"{{'descr': '{Type}', 'fortran_order': {(IsFortran ? "True" : "False")}, 'shape': ({shape}), }}";
        text = text.PadRight((text.Length + 1 + 10 + 63) / 64 * 64 - 11) + "\n";
        stream.Write(Magic);
        stream.Write([1, 0]);
        stream.Write(BitConverter.GetBytes((ushort)text.Length));
        stream.Write(Encoding.ASCII.GetBytes(text));
    }

    // A structured array has a list of fields as its type.
    [GeneratedRegex("""['"]descr['"]\s*:\s*(?:['"](?<type>[^'"]*)['"]|(?<type>\[[^\n]*?\])\s*,\s*['"]fortran_order)""")]
    private static partial Regex TypeField();

    [GeneratedRegex("""['"]fortran_order['"]\s*:\s*(?<order>True|False)\b""")]
    private static partial Regex OrderField();

    [GeneratedRegex("""['"]shape['"]\s*:\s*\((?<shape>[\dL, ]*)\)""")]
    private static partial Regex ShapeField();
}
