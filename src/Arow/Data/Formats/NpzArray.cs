using System.IO.Compression;
using System.IO.Hashing;
using Arow.IO;

namespace Arow.Data;

/// <summary>An array of an .npz file, checked but not yet read.</summary>
/// <param name="file">The .npz file, for messages.</param>
/// <param name="entry">The zip entry of the array.</param>
internal sealed class NpzArray(string file, ZipArchiveEntry entry)
{
    private const int BufferSize = 1 << 16;

    /// <summary>Name of the array.</summary>
    public string Name { get; } = GetName(entry);

    /// <summary>Header of the array.</summary>
    public NpyHeader Header { get; private set; } = new("", []);

    /// <summary>Element type.</summary>
    public NpyElement Element { get; private set; } = new('u', 1, false);

    /// <summary>Smallest and largest number, and whether all are integers; unset for strings.</summary>
    public (double Least, double Most, bool Whole) Range { get; private set; } = (double.PositiveInfinity, double.NegativeInfinity, true);

    /// <summary>Returns the name of an array: its file name without extension.</summary>
    public static string GetName(ZipArchiveEntry entry) => Path.GetFileNameWithoutExtension(entry.FullName);

    /// <summary>Reads the array once to check it: .NET does not verify the CRC, and a header can declare anything.</summary>
    /// <param name="file">The .npz file, for messages.</param>
    /// <param name="entry">The array.</param>
    /// <param name="what">Content, for messages: "labels".</param>
    /// <param name="cast">Type the user can convert to: "int64".</param>
    /// <exception cref="InputException">The array is damaged or holds Python objects.</exception>
    public static NpzArray OpenChecked(string file, ZipArchiveEntry entry, string what, string cast)
    {
        if (entry.IsEncrypted) throw new InputException($"{file}: {GetName(entry)} is encrypted");
        var array = new NpzArray(file, entry);
        using (var stream = entry.Open()) array.Header = NpyHeader.Read(stream);
        array.Element = array.Header.Element ?? throw new InputException(array.Header.Type.Contains('O') && !array.Header.Type.StartsWith('[')
            ? $"{file}: {array.Name} is an array of Python objects, which are pickled and not read; save {what} with .astype('{cast}')"
            : $"{file}: {array.Name} is of type {array.Header.Type}; save {what} with .astype('{cast}')");
        array.CheckContent();
        return array;
    }

    /// <summary>Opens the array at its first element.</summary>
    public Stream Open()
    {
        var stream = entry.Open();
        NpyHeader.Read(stream);
        return new BufferedStream(stream, BufferSize);
    }

    /// <summary>The shape, for messages.</summary>
    public string ShapeText => $"[{string.Join(", ", Header.Shape)}]";

    private void CheckContent()
    {
        var elements = Header.Shape.Aggregate(1L, (a, b) => checked(a * b));
        if (checked(elements * Element.Size) >= entry.Length) throw DamagedException();
        var crc = new Crc32();
        using var stream = entry.Open();
        using (var counted = new ChecksumStream(stream, crc))
        {
            NpyHeader.Read(counted);
            if (Element.IsNumber && Element is not { Kind: 'u', Size: 1 }) CheckRange(counted, elements);
            counted.CopyTo(Stream.Null);
        }
        if (crc.GetCurrentHashAsUInt32() != entry.Crc32) throw DamagedException();
    }

    private void CheckRange(Stream stream, long elements)
    {
        var perPiece = BufferSize / Element.Size;
        var (bytes, numbers) = (new byte[perPiece * Element.Size], new double[perPiece]);
        var (least, most, whole) = Range;
        for (var left = elements; left > 0; left -= perPiece)
        {
            var some = (int)Math.Min(perPiece, left);
            stream.ReadExactly(bytes, 0, some * Element.Size);
            Element.ToDoubles(bytes, numbers.AsSpan(0, some));
            foreach (var number in numbers.AsSpan(0, some))
            {
                // NaN fails every range check.
                (least, most) = (Math.Min(least, number), Math.Max(most, number));
                whole &= Math.Floor(number) == number;
            }
        }
        Range = (least, most, whole);
    }

    private InputException DamagedException() => new($"{file}: {Name} is damaged");

    /// <summary>A stream that feeds every byte into a checksum.</summary>
    private sealed class ChecksumStream(Stream content, Crc32 crc) : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            var read = content.Read(buffer);
            crc.Append(buffer[..read]);
            return read;
        }
    }
}
