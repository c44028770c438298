using System.Text;

namespace Arow.Pickles;

/// <summary>Text in a pickle.</summary>
internal static class PickleText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Bytes that are to be text.</summary>
    /// <exception cref="ArgumentException">They are none.</exception>
    public static string Of(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);

    /// <summary>A string, or the bytes that Python 2 wrote for one; null for anything else.</summary>
    /// <exception cref="ArgumentException">The bytes are no text.</exception>
    public static string? Of(object? value) => value as string ?? (value is ReadOnlyMemory<byte> bytes ? Of(bytes.Span) : null);
}
