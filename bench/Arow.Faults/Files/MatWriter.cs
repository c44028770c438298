using System.Buffers.Binary;
using System.Text;

namespace Arow.Faults.Files;

/// <summary>Arrays in MATLAB's format of version 5.</summary>
internal static class MatWriter
{
    /// <summary>Types of elements in a file.</summary>
    public const int Int32 = 5, UInt32 = 6, Bytes = 2, Doubles = 9;

    private const int Int8 = 1, Matrix = 14, Compressed = 15;

    /// <summary>The 128 bytes that a file begins with.</summary>
    public static byte[] Header { get; } = [.. Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file".PadRight(124)), 0, 1, (byte)'I', (byte)'M'];

    /// <summary>A named array.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <param name="type">Of its elements, as they are stored.</param>
    /// <param name="data">Its elements, the first axis fastest.</param>
    public static byte[] Array(string name, int[] shape, int type, byte[] data)
    {
        const int UInt8Class = 9, DoubleClass = 6;
        return Element(Matrix,
        [
            .. Element(UInt32, Numbers(type == Bytes ? UInt8Class : DoubleClass, 0)), .. Element(Int32, Numbers(shape)),
            .. Element(Int8, Encoding.ASCII.GetBytes(name)), .. Element(type, data),
        ]);
    }

    /// <summary>An element, packed as MATLAB does by default.</summary>
    public static byte[] Packed(byte[] element)
    {
        var packed = Archives.Zlib(element);
        return [.. Numbers(Compressed, packed.Length), .. packed];
    }

    private static byte[] Element(int type, byte[] data) => [.. Numbers(type, data.Length), .. data, .. new byte[(8 - data.Length % 8) % 8]];

    private static byte[] Numbers(params int[] values)
    {
        var bytes = new byte[4 * values.Length];
        foreach (var (i, value) in values.Index()) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), value);
        return bytes;
    }
}
