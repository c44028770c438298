using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Arow.IO;

/// <summary>Element type of a NumPy array.</summary>
/// <param name="Kind">NumPy's letter: u and i for integers, b for Booleans, f for floating point, U and S for strings.</param>
/// <param name="Size">Bytes per element.</param>
/// <param name="BigEndian">Whether the most significant byte comes first.</param>
internal sealed partial record NpyElement(char Kind, int Size, bool BigEndian)
{
    private const int MaxTextLength = 4096;

    /// <summary>Whether elements are integers.</summary>
    public bool IsInteger => Kind is 'u' or 'i';

    /// <summary>Whether elements are numbers or Booleans.</summary>
    public bool IsNumber => Kind is 'u' or 'i' or 'b' or 'f';

    /// <summary>Parses a type; null if it is neither numeric nor a string, such as Python objects.</summary>
    public static NpyElement? Parse(string type)
    {
        var match = TypePattern().Match(type);
        if (!match.Success || !int.TryParse(match.Groups["size"].Value, CultureInfo.InvariantCulture, out var size)) return null;
        var kind = match.Groups["kind"].Value[0];
        var known = kind switch
        {
            'u' or 'i' => size is 1 or 2 or 4 or 8,
            'b' => size == 1,
            'f' => size is 2 or 4 or 8,
            _ =>
            size is >= 1 and <= MaxTextLength
        };
        return known ? new NpyElement(kind, kind == 'U' ? 4 * size : size, match.Groups["order"].Value == ">") : null;
    }

    /// <summary>Converts elements to numbers.</summary>
    /// <param name="bytes">One element for each number.</param>
    /// <param name="numbers">Destination.</param>
    public void ToDoubles(ReadOnlySpan<byte> bytes, Span<double> numbers)
    {
        for (var i = 0; i < numbers.Length; i++) numbers[i] = ToDouble(bytes.Slice(i * Size, Size));
    }

    /// <summary>Decodes a string element; NumPy pads short ones with zeros.</summary>
    public string ToText(ReadOnlySpan<byte> bytes) =>
        (Kind == 'S' ? Encoding.UTF8 : BigEndian ? new UTF32Encoding(bigEndian: true, byteOrderMark: false) : Encoding.UTF32).GetString(bytes)
            .TrimEnd('\0');

    private double ToDouble(ReadOnlySpan<byte> bytes) => (Kind, Size) switch
    {
        ('u' or 'b', 1) => bytes[0],
        ('i', 1) => (sbyte)bytes[0],
        ('u', 2) => BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        ('u', 4) => BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        ('u', 8) => BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        ('i', 2) => BigEndian ? BinaryPrimitives.ReadInt16BigEndian(bytes) : BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ('i', 4) => BigEndian ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ('i', 8) => BigEndian ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ('f', 2) => (double)(BigEndian ? BinaryPrimitives.ReadHalfBigEndian(bytes) : BinaryPrimitives.ReadHalfLittleEndian(bytes)),
        ('f', 4) => BigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes) : BinaryPrimitives.ReadSingleLittleEndian(bytes),
        _ => BigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };

    [GeneratedRegex("^(?<order>[|<=>]?)(?<kind>[uifbUS])(?<size>[0-9]{1,9})$")]
    private static partial Regex TypePattern();
}
