using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Arow.Faults;

/// <summary>What storage, networks and attackers do to bytes.</summary>
internal static class Damage
{
    private static readonly long[] Extremes =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L + uint.MaxValue,
        1L << 40, long.MaxValue / 8, 1 + long.MaxValue / 8, long.MaxValue - 7, long.MaxValue, long.MinValue,
    ];

    private static readonly string[] ExtremeTexts =
        ["", "0", "-0", "1e400", "-1e-400", "NaN", "null", "[]", "{}", "0.5", "99999999999999999999999", "\"\\u0000\\n\""];

    private static readonly string[] JsonValues =
    [
        "-1", "1.5", "true", "\"\"", "\"a\"", "[1,2]", "[[]]", "[null]", "[\"1\",\"2\"]", "{\"a\":1}", "1e308", "1e-400", "4.9e-324",
        "0.9999999999999999", "2147483648",
        "-2147483648", "9223372036854775807", "\"1e309\"", "\"NaN\"", "\"inf\"", "\"8/255\"", "\"1/0\"", "\"../../x\"", "\"/dev/zero\"",
        "\"\\ud800\"", "\"\\u202e\"",
    ];

    /// <summary>One to three kinds of damage.</summary>
    public static byte[] Of(byte[] bytes, Random random, byte[] other)
    {
        for (var times = random.Next(1, 4); times > 0; times--) bytes = Once(bytes, random, other);
        return bytes;
    }

    /// <summary>JSON text with another value in the place of one, or damaged as any bytes are.</summary>
    public static byte[] Json(byte[] bytes, Random random)
    {
        var text = Encoding.UTF8.GetString(bytes);
        List<int> colons = [.. text.Index().Where(letter => letter.Item == ':').Select(letter => letter.Index)];
        if (colons.Count == 0 || random.Next(2) == 0) return Of(bytes, random, bytes);
        var at = colons[random.Next(colons.Count)] + 1;
        var end = text.IndexOfAny([',', '\n', '}'], at);
        var value = random.Next(3) == 0 ? ExtremeTexts[random.Next(ExtremeTexts.Length)] : JsonValues[random.Next(JsonValues.Length)];
        return Encoding.UTF8.GetBytes(text[..at] + value + (end < 0 ? "" : text[end..]));
    }

    /// <summary>A number at the edge of what its place holds.</summary>
    public static long Extreme(Random random) => Extremes[random.Next(Extremes.Length)];

    private static byte[] Once(byte[] bytes, Random random, byte[] other)
    {
        if (bytes.Length == 0) return Junk(random);
        var (at, end) = (Place(bytes, random), 0);
        end = at + random.Next(Math.Min(bytes.Length - at, random.Next(2) == 0 ? 8 : 300) + 1);
        return random.Next(10) switch
        {
            0 or 1 => With(bytes, at, [(byte)(bytes[at] ^ 1 << random.Next(8))]),
            2 => With(bytes, at, [(byte)random.Next(256)]),
            3 or 4 => With(bytes, at, Binary(random)),
            5 => bytes[..at],
            6 => [.. bytes[..at], .. bytes[end..]],
            7 => [.. bytes[..end], .. bytes[at..]],
            8 => random.Next(2) == 0 ? [.. bytes[..at], .. Junk(random), .. bytes[at..]] : [.. bytes[..at], .. other[Math.Min(at, other.Length)..]],
            _ => Digits(bytes, at, random),
        };
    }

    /// <summary>Beginning and end more often than the middle: there is what says how to read the rest.</summary>
    private static int Place(byte[] bytes, Random random) => random.Next(4) switch
    {
        0 => random.Next(Math.Min(64, bytes.Length)),
        1 => bytes.Length - 1 - random.Next(Math.Min(64, bytes.Length)),
        _ => random.Next(bytes.Length),
    };

    private static byte[] With(byte[] bytes, int at, byte[] put)
    {
        var changed = bytes.ToArray();
        put.AsSpan(0, Math.Min(put.Length, bytes.Length - at)).CopyTo(changed.AsSpan(at));
        return changed;
    }

    private static byte[] Binary(Random random)
    {
        var number = new byte[8];
        var big = random.Next(4) == 0;
        if (big) BinaryPrimitives.WriteInt64BigEndian(number, Extreme(random));
        else BinaryPrimitives.WriteInt64LittleEndian(number, Extreme(random));
        var size = 1 << random.Next(4);
        return big ? number[^size..] : number[..size];
    }

    /// <summary>The next number that is written out becomes another.</summary>
    private static byte[] Digits(byte[] bytes, int at, Random random)
    {
        var from = Array.FindIndex(bytes, at, b => b is >= (byte)'0' and <= (byte)'9');
        if (from < 0) return With(bytes, at, Junk(random));
        var to = Array.FindIndex(bytes, from, b => b is not (>= (byte)'0' and <= (byte)'9'));
        var text = random.Next(3) == 0 ? ExtremeTexts[random.Next(ExtremeTexts.Length)] : Extreme(random).ToString(CultureInfo.InvariantCulture);
        return [.. bytes[..from], .. Encoding.UTF8.GetBytes(text), .. to < 0 ? [] : bytes[to..]];
    }

    private static byte[] Junk(Random random)
    {
        var junk = new byte[random.Next(1, 40)];
        if (random.Next(3) == 0) Array.Fill(junk, (byte)random.Next(256));
        else random.NextBytes(junk);
        return junk;
    }
}
