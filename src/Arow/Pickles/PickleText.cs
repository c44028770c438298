using System.Text;

namespace Arow.Pickles;

/// <summary>Text in a pickle.</summary>
internal static class PickleText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Decodes UTF-8 bytes.</summary>
    /// <exception cref="ArgumentException">The bytes are not valid UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);

    /// <summary>Returns a string, also from the bytes that Python 2 wrote; null for anything else.</summary>
    /// <exception cref="ArgumentException">The bytes are not valid UTF-8.</exception>
    public static string? Decode(object? value) => value as string ?? (value is ReadOnlyMemory<byte> bytes ? Decode(bytes.Span) : null);
}
