using System.Globalization;

namespace Arow.Data;

/// <summary>A background colour for transparent pixels.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
internal readonly record struct Background(byte Red, byte Green, byte Blue)
{
    /// <summary>Parses white, black, grey or six hexadecimal digits (#ff8000); null if invalid.</summary>
    public static Background? Parse(string text) => text.ToLowerInvariant() switch
    {
        "white" => new Background(255, 255, 255),
        "black" => new Background(0, 0, 0),
        "grey" or "gray" => new Background(128, 128, 128),
        _ when text.TrimStart('#') is { Length: 6 } digits
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var colour)
            => new Background((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour),
        _ => null,
    };

    /// <summary>Blends RGBA pixels over this colour, rounded to the nearest byte.</summary>
    internal void BlendOver(Span<byte> rgba)
    {
        for (var i = 0; i < rgba.Length; i += 4)
        {
            int opacity = rgba[i + 3], rest = byte.MaxValue - opacity;
            rgba[i] = Blend(rgba[i], Red);
            rgba[i + 1] = Blend(rgba[i + 1], Green);
            rgba[i + 2] = Blend(rgba[i + 2], Blue);

            byte Blend(byte front, byte back) => (byte)((front * opacity + back * rest + byte.MaxValue / 2) / byte.MaxValue);
        }
    }
}
