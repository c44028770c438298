using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Arow.IO;

/// <summary>A field of a message: a number, or bytes of the stream.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Value">The number that it holds, or its bits; 0 for bytes.</param>
/// <param name="Start">Where its bytes begin.</param>
/// <param name="Length">Number of its bytes; -1 for a number.</param>
internal readonly record struct ProtobufField(int Number, long Value, long Start, long Length)
{
    public bool IsBytes => Length >= 0;
}

/// <summary>
/// Reads the wire format of protocol buffers, of which the ONNX format consists: the fields of a message as they come. What is not asked for
/// is passed over, and lengths beyond the message are refused before anything is allocated.
/// </summary>
/// <param name="stream">What is read; it must be able to seek.</param>
/// <param name="maxFields">Most fields that are looked at.</param>
internal sealed class ProtobufReader(Stream stream, int maxFields = int.MaxValue)
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private int read;

    /// <summary>The stream as one message.</summary>
    public ProtobufField Whole => new(0, 0, 0, stream.Length);

    /// <summary>Enumerates the fields of a message; others may be read meanwhile.</summary>
    /// <exception cref="InvalidDataException">The message is invalid, or there are too many fields.</exception>
    public IEnumerable<ProtobufField> ReadFields(ProtobufField message)
    {
        for (var (at, end) = (message.Start, message.Start + message.Length); at < end;)
        {
            if (++read > maxFields) throw new InvalidDataException("more fields than are looked at");
            stream.Position = at;
            var tag = ReadVarint(end);
            if (tag >> 3 is 0 or > int.MaxValue) throw new InvalidDataException("a field without a number");
            var (number, form) = ((int)(tag >> 3), (int)(tag & 7));
            ProtobufField field;
            switch (form)
            {
                case Varint:
                    field = new ProtobufField(number, (long)ReadVarint(end), 0, -1);
                    break;
                case Bytes:
                    var size = ReadVarint(end);
                    if (size > (ulong)(end - stream.Position)) throw new InvalidDataException("a field beyond its message");
                    field = new ProtobufField(number, 0, stream.Position, (long)size);
                    break;
                case Fixed64 when end - stream.Position >= sizeof(long):
                    field = new ProtobufField(number, BinaryPrimitives.ReadInt64LittleEndian(ReadExactly(sizeof(long))), 0, -1);
                    break;
                case Fixed32 when end - stream.Position >= sizeof(int):
                    field = new ProtobufField(number, BinaryPrimitives.ReadInt32LittleEndian(ReadExactly(sizeof(int))), 0, -1);
                    break;
                default:
                    throw new InvalidDataException("a field of unknown form");
            }
            at = field.IsBytes ? field.Start + field.Length : stream.Position;
            yield return field;
        }
    }

    /// <summary>Enumerates the messages in fields of these numbers, each within those of the number before.</summary>
    public IEnumerable<ProtobufField> ReadMessages(ProtobufField message, params int[] numbers) => numbers.Length == 0 ? [message]
        : ReadFields(message).Where(field => field.Number == numbers[0] && field.IsBytes).SelectMany(field => ReadMessages(field, numbers[1..]));

    /// <summary>Enumerates the integers of a repeated field, packed or not.</summary>
    public IEnumerable<long> ReadIntegers(ProtobufField field)
    {
        if (!field.IsBytes)
        {
            yield return field.Value;
            yield break;
        }
        for (var (at, end) = (field.Start, field.Start + field.Length); at < end;)
        {
            stream.Position = at;
            var value = (long)ReadVarint(end);
            at = stream.Position;
            yield return value;
        }
    }

    /// <summary>Reads the numbers of a packed field, each of the size of its type.</summary>
    /// <exception cref="InvalidDataException">The bytes are no whole number of them.</exception>
    public T[] ReadNumbers<T>(ProtobufField field) where T : unmanaged
    {
        var size = Marshal.SizeOf<T>();
        if (field.Length % size != 0) throw new InvalidDataException("a list of broken numbers");
        var numbers = new T[field.Length / size];
        Read(field, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    /// <summary>Reads text.</summary>
    public string ReadText(ProtobufField field)
    {
        var bytes = new byte[Math.Max(field.Length, 0)];
        Read(field, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads the bytes of a field, as many as it has.</summary>
    public void Read(ProtobufField field, Span<byte> into)
    {
        stream.Position = field.Start;
        stream.ReadExactly(into);
    }

    private byte[] ReadExactly(int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private ulong ReadVarint(long end)
    {
        const int Bits = 7, MostBits = 70;
        var value = 0UL;
        for (var shift = 0; shift < MostBits; shift += Bits)
        {
            if (stream.Position >= end || stream.ReadByte() is not (>= 0 and var b)) throw new InvalidDataException("a number beyond its message");
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new InvalidDataException("a number of more than ten bytes");
    }
}
