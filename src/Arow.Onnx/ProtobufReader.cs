using System.Buffers.Binary;

namespace Arow.Onnx;

/// <summary>A field of a message.</summary>
/// <param name="Number">Field number.</param>
/// <param name="Value">Value of a number; 0 for bytes.</param>
/// <param name="Start">Offset of the bytes in the file.</param>
/// <param name="Length">Length of the bytes; -1 for a number.</param>
internal readonly record struct Field(int Number, long Value, int Start, int Length)
{
    public bool IsBytes => Length >= 0;
}

/// <summary>Reads the protocol buffers wire format as far as needed to validate a message.</summary>
internal static class ProtobufReader
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    /// <summary>Enumerates the fields of the message of <paramref name="length"/> bytes at <paramref name="start"/>.</summary>
    /// <exception cref="InvalidDataException">The message is invalid.</exception>
    public static IEnumerable<Field> ReadFields(byte[] file, int start, int length)
    {
        var (at, end) = (start, start + length);
        while (at < end)
        {
            var tag = ReadVarint(file, ref at, end);
            var number = (int)(tag >> 3);
            if (number <= 0 || tag >> 3 > int.MaxValue) throw new InvalidDataException("a field without a number");
            switch ((int)(tag & 7))
            {
                case Varint:
                    yield return new Field(number, (long)ReadVarint(file, ref at, end), 0, -1);
                    break;
                case Bytes:
                    var size = ReadVarint(file, ref at, end);
                    if (size > (ulong)(end - at)) throw new InvalidDataException("a field beyond its message");
                    yield return new Field(number, 0, at, (int)size);
                    at += (int)size;
                    break;
                case Fixed64 when end - at >= 8:
                    yield return new Field(number, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at)), 0, -1);
                    at += 8;
                    break;
                case Fixed32 when end - at >= 4:
                    yield return new Field(number, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), 0, -1);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException("a field of unknown form");
            }
        }
    }

    /// <summary>Enumerates the numbers of a packed repeated field.</summary>
    public static IEnumerable<long> ReadPacked(byte[] file, Field field)
    {
        var (at, end) = (field.Start, field.Start + field.Length);
        while (at < end) yield return (long)ReadVarint(file, ref at, end);
    }

    private static ulong ReadVarint(byte[] file, ref int at, int end)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= end) throw new InvalidDataException("a number beyond its message");
            var b = file[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new InvalidDataException("a number of more than ten bytes");
    }
}
