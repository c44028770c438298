using System.Buffers.Binary;
using System.Text;

namespace Arow.Export;

/// <summary>Writes a protocol buffers message. Byte arrays are kept, not copied.</summary>
internal sealed class ProtobufMessage
{
    private const int Varint = 0, LengthDelimited = 2, Fixed32 = 5;

    private readonly List<ReadOnlyMemory<byte>> parts = [];

    /// <summary>Length in bytes.</summary>
    public long Length { get; private set; }

    public ProtobufMessage Add(int field, long value)
    {
        AppendTag(field, Varint);
        AppendVarint((ulong)value);
        return this;
    }

    public ProtobufMessage Add(int field, float value)
    {
        AppendTag(field, Fixed32);
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Append(bytes);
        return this;
    }

    public ProtobufMessage Add(int field, ReadOnlyMemory<byte> bytes)
    {
        AppendTag(field, LengthDelimited);
        AppendVarint((ulong)bytes.Length);
        Append(bytes);
        return this;
    }

    public ProtobufMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public ProtobufMessage Add(int field, ProtobufMessage message)
    {
        AppendTag(field, LengthDelimited);
        AppendVarint((ulong)message.Length);
        foreach (var part in message.parts) Append(part);
        return this;
    }

    public void WriteTo(Stream stream)
    {
        foreach (var part in parts) stream.Write(part.Span);
    }

    private void AppendTag(int field, int kind) => AppendVarint(((ulong)field << 3) | (uint)kind);

    private void AppendVarint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var count = 0;
        for (; value >= 0x80; value >>= 7) bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        Append(bytes[..count].ToArray());
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        parts.Add(bytes);
        Length += bytes.Length;
    }
}
