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

    /// <summary>A picture of noise.</summary>
    public static byte[] Noise(int width, int height, SKEncodedImageFormat format, bool grey = false)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        var dice = new Random(width * 7 + height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, new SKColor((byte)dice.Next(256), (byte)dice.Next(256), (byte)dice.Next(256)));
        }
        using var encoded = bitmap.Encode(format, 90);
        return encoded.ToArray();
    }

    /// <summary>Damage with the sums of PNG put right, sizes that the header only claims, or damage as any.</summary>
    public static byte[] Damaged(byte[] picture, Random dice)
    {
        var damaged = picture.ToArray();
        if (IsPng(picture))
        {
            if (dice.Next(2) == 0) return Damage.Of(picture, dice, picture);
            if (dice.Next(2) == 0)
            {
                const int Sides = 16, Depth = 24;
                BinaryPrimitives.WriteInt32BigEndian(damaged.AsSpan(Sides + 4 * dice.Next(2)), (int)Damage.Extreme(dice));
                if (dice.Next(3) == 0) damaged[Depth + dice.Next(5)] = (byte)dice.Next(17);
                return WithSums(damaged);
            }
            return WithSums(Damage.Of(picture, dice, picture));
        }
        if (dice.Next(3) == 0 && picture[0] is (byte)'G' or (byte)'B')
        {
            const int GifSides = 6, BmpSides = 18;
            var isGif = picture[0] == 'G';
            var (at, value) = (dice.Next(2), (int)Damage.Extreme(dice));
            if (isGif) BinaryPrimitives.WriteUInt16LittleEndian(damaged.AsSpan(GifSides + 2 * at), (ushort)value);
            else BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(BmpSides + 4 * at), value);
            return damaged;
        }
        const byte Frame = 0xC0;
        const int Height = 4;
        var frame = Array.IndexOf(damaged, Frame, 4);
        if (dice.Next(3) > 0 || frame < 0 || frame + Height + 4 > damaged.Length) return Damage.Of(picture, dice, picture);
        BinaryPrimitives.WriteUInt16BigEndian(damaged.AsSpan(frame + Height + 2 * dice.Next(2)), (ushort)Damage.Extreme(dice));
        return damaged;
    }

    /// <summary>The ending that its name should have.</summary>
    public static string Ending(byte[] picture) => picture switch
    {
        [0x89, ..] => "png",
        [(byte)'G', ..] => "gif",
        [(byte)'B', ..] => "bmp",
        [(byte)'R', ..] => "webp",
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
