using System.Buffers.Binary;
using ICSharpCode.SharpZipLib.Checksum;
using SkiaSharp;

namespace Arow.Faults.Files;

/// <summary>Small pictures of noise, and the damage that decoders must bear.</summary>
internal static class Pictures
{
    private const int PngStart = 8, PngAround = 12;

    /// <summary>A picture of 8x8 in four colours.</summary>
    public static byte[] Gif { get; } = Convert.FromBase64String(
        "R0lGODdhCAAIAIEAAMgeCgrIKBQe3PrwCiwAAAAACAAIAAAILwADCBhAcAAAAQAIDkQokKBAAAEAJIyIUCJEgwEiDogoMOPAhgIy"
        + "dhTwMcAAAQEBADs=");

    /// <summary>A picture of 8x8 in black and white.</summary>
    public static byte[] Bmp { get; } = Convert.FromBase64String(
        "Qk1eAAAAAAAAAD4AAAAoAAAACAAAAAgAAAABAAEAAAAAACAAAADEDgAAxA4AAAIAAAACAAAAAAAAAP////+2AAAAdwAAAHIAAADt"
        + "AAAA8gAAAAcAAADVAAAAuQAAAA==");

    /// <summary>Pictures of 8x8 in TIFF: plain, compressed by LZW, by zlib, in a tile, and by JPEG.</summary>
    public static byte[][] Tiffs { get; } =
    [
        TiffWriter.Grey(8, [.. Enumerable.Range(0, 64).Select(i => (byte)(4 * i))]),
        Convert.FromBase64String(
            "SUkqAOQAAACAKhyrgBgl5mlwEpCv4IIw0tBUotsDhcJItHQiHYCFcVnh4IlmqZzHkGvpStQBigaBlcIMoN1usQRjlnA89P8bBtSCUpoBNHYrI15jcmBs"
            + "QHszpBcBhLMl0qQ/FQ2OVtklitEUMR7GkpldmEh3L1akBFlM8hAzgYZPRCKZwiFkv9iIZ1PlaKFiNkqjV5iMolMwIgwMgHlEAldKLIRmImhZ9pZon4cn"
            + "YWDIGpEhLEoAg6rQHudoMZ8ng1oYCkY/vxGEx1qdHJYJL18EdikgitQSHZUvd0KNBkFKQEAADAAAAQMAAQAAAAgAAAABAQMAAQAAAAgAAAACAQMAAwAA"
            + "AHoBAAADAQMAAQAAAAUAAAAGAQMAAQAAAAIAAAARAQQAAQAAAAgAAAASAQMAAQAAAAEAAAAVAQMAAQAAAAMAAAAWAQMAAQAAAAgAAAAXAQQAAQAAANsA"
            + "AAAcAQMAAQAAAAEAAAA9AQMAAQAAAAIAAAAAAAAACAAIAAgA"),
        Convert.FromBase64String(
            "SUkqABwAAAB4nGNQcEhoWHDgAQOZNABkbRwBAAoAAAEDAAEAAAAIAAAAAQEDAAEAAAAIAAAAAgEDAAEAAAAIAAAAAwEDAAEAAAAIAAAABgEDAAEAAAAB"
            + "AAAAEQEEAAEAAAAIAAAAEgEDAAEAAAABAAAAFgEDAAEAAAAIAAAAFwEEAAEAAAATAAAAHAEDAAEAAAACAAAAAAAAAA=="),
        Convert.FromBase64String(
            "SUkqAHAAAAAHACBAYICgwOD5AAcAIEBggKDA4PkABwAgQGCAoMDg+QAHACBAYICgwOD5AAcAIEBggKDA4PkABwAgQGCAoMDg+QAHACBAYICgwOD5AAcA"
            + "IEBggKDA4PkA8QDxAPEA8QDxAPEA8QDxAAsAAAEDAAEAAAAIAAAAAQEDAAEAAAAIAAAAAgEDAAEAAAAIAAAAAwEDAAEAAAAFgAAABgEDAAEAAAABAAAA"
            + "EgEDAAEAAAABAAAAHAEDAAEAAAABAAAAQgEDAAEAAAAQAAAAQwEDAAEAAAAQAAAARAEEAAEAAAAIAAAARQEEAAEAAABoAAAAAAAAAA=="),
        Convert.FromBase64String(
            "SUkqAFAAAAD/2P/AABEIAAgACAMBIgACEQEDEQH/2gAMAwEAAhEDEQA/AGSpJJHuMsmVOC7SHcOcjPHXCjjPX86KKKi/Rmiik5WXVn//2QANAAABAwAB"
            + "AAAACAAAAAEBAwABAAAACAAAAAIBAwADAAAA8gAAAAMBAwABAAAABwAAAAYBAwABAAAABgAAABEBBAABAAAACAAAABIBAwABAAAAAQAAABUBAwABAAAA"
            + "AwAAABYBAwABAAAAEAAAABcBBAABAAAARwAAABwBAwABAAAAAQAAAFsBBwA+AgAAKAEAABQCBQAGAAAA+AAAAAAAAAAIAAgACAAAAAAAAQAAAP8AAAAB"
            + "AAAAgAAAAAEAAAD/AAAAAQAAAIAAAAABAAAA/wAAAAEAAAD/2P/bAEMAEAsMDgwKEA4NDhIREBMYKBoYFhYYMSMlHSg6Mz08OTM4N0BIXE5ARFdFNzhQ"
            + "bVFXX2JnaGc+TXF5cGR4XGVnY//bAEMBERISGBUYLxoaL2NCOEJjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
            + "Y//EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHw"
            + "JDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1"
            + "tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQE"
            + "AwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2Rl"
            + "ZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/Z"),
    ];

    /// <summary>A picture of noise.</summary>
    public static byte[] Noise(int width, int height, SKEncodedImageFormat format, bool grey = false)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        var random = new Random(width * 7 + height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, new SKColor(NextByte(), NextByte(), NextByte()));
        }
        using var encoded = bitmap.Encode(format, 90);
        return encoded.ToArray();

        byte NextByte() => (byte)random.Next(256);
    }

    /// <summary>Damage with the sums of PNG put right, sizes that the header only claims, or damage as any.</summary>
    public static byte[] Damaged(byte[] picture, Random random)
    {
        var damaged = picture.ToArray();
        if (IsPng(picture))
        {
            if (random.Next(2) == 0) return Damage.Of(picture, random, picture);
            if (random.Next(2) == 0)
            {
                const int Sides = 16, Depth = 24;
                BinaryPrimitives.WriteInt32BigEndian(damaged.AsSpan(Sides + 4 * random.Next(2)), (int)Damage.Extreme(random));
                if (random.Next(3) == 0) damaged[Depth + random.Next(5)] = (byte)random.Next(17);
                return WithSums(damaged);
            }
            return WithSums(Damage.Of(picture, random, picture));
        }
        if (random.Next(3) == 0 && picture[0] is (byte)'G' or (byte)'B')
        {
            const int GifSides = 6, BmpSides = 18;
            var isGif = picture[0] == 'G';
            var (at, value) = (random.Next(2), (int)Damage.Extreme(random));
            if (isGif) BinaryPrimitives.WriteUInt16LittleEndian(damaged.AsSpan(GifSides + 2 * at), (ushort)value);
            else BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(BmpSides + 4 * at), value);
            return damaged;
        }
        if (picture[0] == 'I') return random.Next(3) == 0 ? Damage.Of(picture, random, picture) : TiffWriter.Damaged(picture, random);
        const byte Frame = 0xC0;
        const int Height = 4;
        var frame = Array.IndexOf(damaged, Frame, 4);
        if (random.Next(3) > 0 || frame < 0 || frame + Height + 4 > damaged.Length) return Damage.Of(picture, random, picture);
        BinaryPrimitives.WriteUInt16BigEndian(damaged.AsSpan(frame + Height + 2 * random.Next(2)), (ushort)Damage.Extreme(random));
        return damaged;
    }

    /// <summary>The ending that its name should have.</summary>
    public static string Ending(byte[] picture) => picture switch
    {
        [0x89, ..] => "png",
        [(byte)'G', ..] => "gif",
        [(byte)'B', ..] => "bmp",
        [(byte)'R', ..] => "webp",
        [(byte)'I', ..] => "tif",
        _ => "jpg",
    };

    private static bool IsPng(byte[] picture) => picture is [0x89, ..];

    private static byte[] WithSums(byte[] png)
    {
        for (var at = PngStart; at + PngAround <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at));
            if (length > png.Length - at - PngAround) break;
            var crc = new Crc32();
            crc.Update(new ArraySegment<byte>(png, at + 4, (int)length + 4));
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(at + 8 + (int)length), (uint)crc.Value);
            at += PngAround + (int)length;
        }
        return png;
    }
}
