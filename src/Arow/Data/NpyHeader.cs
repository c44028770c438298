using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Arow.Data;

/// <summary>The header of an array in NumPy's .npy format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).</summary>
/// <param name="Type">Type as NumPy writes it: <c>|u1</c>, <c>&lt;i8</c>.</param>
/// <param name="Shape">Lengths of the axes.</param>
internal sealed partial record NpyHeader(string Type, long[] Shape)
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Bytes of an element.</summary>
    public int Size => int.Parse(Type[2..], CultureInfo.InvariantCulture);

    /// <summary>Elements along all axes but the first.</summary>
    public long PerRow => Shape.Skip(1).Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>Reads a header; the stream stands at the first element then.</summary>
    /// <exception cref="FormatException">It is none, or of an array that is not stored row by row.</exception>
    public static NpyHeader Read(Stream stream)
    {
        var start = new byte[8];
        stream.ReadExactly(start);
        if (!start.AsSpan(0, 6).SequenceEqual(Magic) || start[6] is < 1 or > 3) throw new FormatException();
        var length = new byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(length);
        var count = length.Length == 2 ? BitConverter.ToUInt16(length) : BitConverter.ToUInt32(length);
        if (count > 1 << 16) throw new FormatException();
        var text = new byte[count];
        stream.ReadExactly(text);

        var match = Dictionary().Match(Encoding.UTF8.GetString(text));
        if (!match.Success) throw new FormatException();
        return new NpyHeader(
            match.Groups["type"].Value,
            [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(n => long.Parse(n, NumberStyles.None, CultureInfo.InvariantCulture))]);
    }

    /// <summary>Writes the header, padded so that the elements begin at a multiple of 64 bytes.</summary>
    public void Write(Stream stream)
    {
        var shape = string.Join(", ", Shape) + (Shape.Length == 1 ? "," : "");
        var text = $"{{'descr': '{Type}', 'fortran_order': False, 'shape': ({shape}), }}";
        text = text.PadRight((text.Length + 1 + 10 + 63) / 64 * 64 - 11) + "\n";
        stream.Write(Magic);
        stream.Write([1, 0]);
        stream.Write(BitConverter.GetBytes((ushort)text.Length));
        stream.Write(Encoding.ASCII.GetBytes(text));
    }

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[|<=>]?[uifb][1248])',\s*'fortran_order':\s*False,\s*'shape':\s*\((?<shape>[\d, ]*)\),?\s*\}\s*$")]
    private static partial Regex Dictionary();
}
