using System.Buffers.Binary;
using System.Text;

namespace Arow.Tests.Unit.Training;

/// <summary>
/// Reads event files by their published format, without the classes that wrote them: TFRecords with masked CRC-32C, and the fields of
/// Event, Summary and the messages within by their numbers.
/// </summary>
internal static class EventReader
{
    /// <summary>A field of a message: an integer, eight or four bytes, or a part of the message.</summary>
    public sealed record Field(int Number, ulong Integer, byte[] Bytes)
    {
        public string Text => Encoding.UTF8.GetString(Bytes);

        public double Double => BitConverter.UInt64BitsToDouble(Integer);

        public float Single => BitConverter.UInt32BitsToSingle((uint)Integer);

        public IReadOnlyList<Field> Fields => Parse(Bytes);

        public Field? Find(int number) => Fields.FirstOrDefault(f => f.Number == number);
    }

    /// <summary>The messages of a file. A wrong checksum throws.</summary>
    public static List<IReadOnlyList<Field>> Read(string path)
    {
        var (bytes, events) = (File.ReadAllBytes(path), new List<IReadOnlyList<Field>>());
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)), Mask(bytes.AsSpan(at, 8)));
            var content = bytes.AsSpan(at + 12, length);
            Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)), Mask(content));
            events.Add(Parse(content.ToArray()));
            at += 12 + length + 4;
        }
        return events;
    }

    private static List<Field> Parse(byte[] message)
    {
        var (fields, at) = (new List<Field>(), 0);
        while (at < message.Length)
        {
            var key = Varint();
            var (number, type) = ((int)(key >> 3), key & 7);
            switch (type)
            {
                case 0:
                    fields.Add(new(number, Varint(), []));
                    break;
                case 1:
                    fields.Add(new(number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    fields.Add(new(number, 0, message.AsSpan(at, length).ToArray()));
                    at += length;
                    break;
                case 5:
                    fields.Add(new(number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {type}");
            }
        }
        return fields;

        ulong Varint()
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var b = message[at++];
                value |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80) return value;
            }
        }
    }

    /// <summary>CRC-32C bit by bit, rotated and masked as TFRecords have it.</summary>
    private static uint Mask(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78);
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
