using System.Buffers.Binary;

namespace Arow.Faults.Files;

/// <summary>TIFF files of one strip, in the order of bytes of Intel.</summary>
internal static class TiffWriter
{
    private const int Head = 8, EntryBytes = 12, Long = 4;

    /// <summary>Writes a grey picture.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="pixels">A byte each.</param>
    /// <param name="other">Tags with other values, or more of them.</param>
    public static byte[] Grey(int width, byte[] pixels, params (int Tag, uint Value)[] other)
    {
        var tags = new SortedDictionary<int, uint>
        {
            [256] = (uint)width, [257] = (uint)(pixels.Length / width), [258] = 8, [259] = 1, [262] = 1, [273] = Head, [277] = 1,
            [278] = (uint)(pixels.Length / width), [279] = (uint)pixels.Length,
        };
        foreach (var (tag, value) in other) tags[tag] = value;
        var file = new byte[Head + pixels.Length + 2 + EntryBytes * tags.Count + 4];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), Head + pixels.Length);
        pixels.CopyTo(file, Head);
        var at = Head + pixels.Length;
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), (short)tags.Count);
        at += 2;
        foreach (var (tag, value) in tags)
        {
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), (short)(ushort)tag);
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at + 2), Long);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 4), 1);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + 8), value);
            at += EntryBytes;
        }
        return file;
    }

    /// <summary>One of the numbers that say what the file holds, and how much of it.</summary>
    public static byte[] Damaged(byte[] tiff, Random random)
    {
        var damaged = tiff.ToArray();
        var at = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        var entry = at + 2 + EntryBytes * random.Next(BinaryPrimitives.ReadInt16LittleEndian(tiff.AsSpan(at)));
        var value = (int)Damage.Extreme(random);
        switch (random.Next(6))
        {
            case 0:
                BinaryPrimitives.WriteInt16LittleEndian(damaged.AsSpan(entry), (short)random.Next(254, 350));
                break;
            case 1:
                BinaryPrimitives.WriteInt16LittleEndian(damaged.AsSpan(entry + 2), (short)random.Next(20));
                break;
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(entry + 4), value);
                break;
            case 3:
                BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(entry + 8), random.Next(70));
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(entry + 8), value);
                break;
        }
        return damaged;
    }
}
