using System.Text;
using Arow.Pickles;

namespace Arow.Checkpoints;

/// <summary>The bytes of an array or storage that lie in the pickle itself. Equal for the same place of a file.</summary>
/// <param name="Source">Bytes, or text that stands for them.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="IsBigEndian">Whether the most significant byte of a number comes first.</param>
internal sealed record StoredNumbers(object Source, long Length, bool IsBigEndian)
{
    private const string Encode = "_codecs.encode";

    /// <summary>Recognizes what Python writes for bytes; null for anything else.</summary>
    public static StoredNumbers? TryCreate(object content, bool isBigEndian) => content switch
    {
        ReadOnlyMemory<byte> bytes => new StoredNumbers(content, bytes.Length, isBigEndian),
        // Python 2 has no bytes, and a string that is valid UTF-8 was decoded.
        string text => new StoredNumbers(content, Encoding.UTF8.GetByteCount(text), isBigEndian),
        // Python 3 writes bytes for Python 2 as Latin-1 text to be encoded.
        PickleObject { Class: Encode, Arguments: [string text, "latin1" or "latin-1"] } when !text.AsSpan().ContainsAnyExceptInRange('\0', 'ÿ') =>
            new StoredNumbers(content, text.Length, isBigEndian),
        PickleObject { Class: "builtins.bytes" or "__builtin__.bytes", Arguments: [] } => new StoredNumbers(content, 0, isBigEndian),
        _ => null,
    };

    /// <summary>Returns the bytes as they are in the file.</summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        if (Source is ReadOnlyMemory<byte> bytes) return bytes;
        var copy = new byte[Length];
        CopyTo(copy, 1);
        return copy;
    }

    /// <summary>Writes the bytes in the order of this machine.</summary>
    /// <param name="destination">As long as the content.</param>
    /// <param name="elementSize">Bytes of a number.</param>
    public void CopyTo(Span<byte> destination, int elementSize)
    {
        if (Source is ReadOnlyMemory<byte> bytes) bytes.Span.CopyTo(destination);
        else if (Source is string utf8) Encoding.UTF8.GetBytes(utf8, destination);
        else if (Source is PickleObject { Arguments: [string latin, ..] }) Encoding.Latin1.GetBytes(latin, destination);
        if (!IsBigEndian) return;
        for (var at = 0; at < destination.Length; at += elementSize) destination.Slice(at, elementSize).Reverse();
    }
}
