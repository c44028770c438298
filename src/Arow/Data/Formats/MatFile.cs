using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Arow.IO;

namespace Arow.Data;

/// <summary>A numeric array of a MATLAB file.</summary>
/// <param name="Dimensions">Sizes; the first dimension varies fastest in the data.</param>
/// <param name="Type">Storage type of the numbers: an <c>mi</c> code of the format.</param>
/// <param name="Data">The numbers, little-endian.</param>
internal sealed record MatArray(IReadOnlyList<long> Dimensions, int Type, byte[] Data)
{
    /// <summary>Code of unsigned bytes.</summary>
    public const int UInt8 = 2;

    /// <summary>Returns the bytes per number of a type; 0 for other types.</summary>
    public static int ElementSize(int type) => type switch { 1 or 2 => 1, 3 or 4 => 2, 5 or 6 or 7 => 4, 9 or 12 or 13 => 8, _ => 0 };

    /// <summary>Element at an index.</summary>
    public double this[int i] => Type switch
    {
        1 => (sbyte)Data[i],
        2 => Data[i],
        3 => BinaryPrimitives.ReadInt16LittleEndian(Data.AsSpan(2 * i)),
        4 => BinaryPrimitives.ReadUInt16LittleEndian(Data.AsSpan(2 * i)),
        5 => BinaryPrimitives.ReadInt32LittleEndian(Data.AsSpan(4 * i)),
        6 => BinaryPrimitives.ReadUInt32LittleEndian(Data.AsSpan(4 * i)),
        7 => BinaryPrimitives.ReadSingleLittleEndian(Data.AsSpan(4 * i)),
        9 => BinaryPrimitives.ReadDoubleLittleEndian(Data.AsSpan(8 * i)),
        12 => BinaryPrimitives.ReadInt64LittleEndian(Data.AsSpan(8 * i)),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(Data.AsSpan(8 * i)),
    };
}

/// <summary>
/// Reads numeric arrays from MATLAB level 5 files (MATLAB 5 to 7.2), compressed or not. Format: MathWorks, <em>MAT-File Format</em>,
/// "Level 5 MAT-File Format".
/// </summary>
internal static class MatFile
{
    private const int Header = 128;
    private const int MatrixElement = 14;
    private const int CompressedElement = 15;

    // Largest compression ratio of Deflate: a header that claims more is wrong.
    private const long MaxDeflateRatio = 1032;

    /// <summary>Reads the arrays with the given names; missing ones are absent from the result.</summary>
    /// <exception cref="InputException">The file is damaged or of another kind.</exception>
    public static IReadOnlyDictionary<string, MatArray> Read(string path, params string[] names) =>
        InputFile.Read(path, "a MATLAB 5 file", () =>
        {
            using var file = RegularFile.Open(path);
            Span<byte> header = stackalloc byte[Header];
            file.ReadExactly(header);
            if (header[126..] is not [(byte)'I', (byte)'M'] || header[125] is not (1 or 2)) throw new InvalidDataException();
            if (header[125] == 2) throw new InputException($"{path}: is a MATLAB 7.3 file, which is HDF5 and not read; save it with -v7");

            var arrays = new Dictionary<string, MatArray>();
            Span<byte> tag = stackalloc byte[8];
            while (file.Position < file.Length)
            {
                file.ReadExactly(tag);
                var (type, size) = (U32(tag), U32(tag[4..]));
                if (size > file.Length - file.Position) throw new EndOfStreamException();
                var next = file.Position + size;
                if (type is MatrixElement or CompressedElement)
                {
                    if (ReadMatrix(file, type, size, names) is (var name, var array)) arrays[name] = array;
                }
                file.Position = next;
            }
            return arrays;
        });

    private static (string Name, MatArray Array)? ReadMatrix(FileStream file, uint type, uint size, string[] names)
    {
        if (type == MatrixElement) return ReadMatrix(file, size, names);

        var packed = new byte[size];
        file.ReadExactly(packed);
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        Span<byte> tag = stackalloc byte[8];
        zlib.ReadExactly(tag);
        if (U32(tag) != MatrixElement) return null;
        var matrix = ReadMatrix(zlib, Math.Min(U32(tag[4..]), MaxDeflateRatio * size), names);
        // The checksum is at the end.
        if (matrix is not null) zlib.CopyTo(Stream.Null);
        return matrix;
    }

    /// <summary>Reads the parts of an array: flags, dimensions, name, numbers. Null if the name is not requested.</summary>
    private static (string, MatArray)? ReadMatrix(Stream stream, long limit, string[] names)
    {
        ReadPart(stream, limit);
        var sizes = ReadPart(stream, limit).Data;
        var name = Encoding.ASCII.GetString(ReadPart(stream, limit).Data);
        if (!names.Contains(name)) return null;

        var dimensions = Enumerable.Range(0, sizes.Length / 4)
            .Select(i => (long)BinaryPrimitives.ReadInt32LittleEndian(sizes.AsSpan(4 * i))).ToArray();
        var (type, data) = ReadPart(stream, limit);
        var count = dimensions.Aggregate((Int128)1, (product, d) => checked(product * d));
        return dimensions.All(d => d >= 0) && MatArray.ElementSize(type) > 0 && count * MatArray.ElementSize(type) == data.Length
            ? (name, new MatArray(dimensions, type, data))
            : throw new InvalidDataException();
    }

    private static (int Type, byte[] Data) ReadPart(Stream stream, long limit)
    {
        Span<byte> tag = stackalloc byte[8];
        stream.ReadExactly(tag);
        var first = U32(tag);
        // Up to four bytes are stored in the tag itself, with a shorter type and size.
        if (first >> 16 is > 0 and var few)
            return few <= 4 ? ((int)(first & 0xffff), tag.Slice(4, (int)few).ToArray()) : throw new InvalidDataException();

        var size = U32(tag[4..]);
        if (size > limit || size > Array.MaxLength) throw new InvalidDataException();
        var data = new byte[size];
        stream.ReadExactly(data);
        Span<byte> padding = stackalloc byte[(int)(-size & 7)];
        stream.ReadAtLeast(padding, padding.Length, throwOnEndOfStream: false);
        return ((int)first, data);
    }

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
