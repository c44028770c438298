using Arow.Reports;

namespace Arow.Cli.Serving;

/// <summary>Pixels of a model as PNG files.</summary>
internal static class PicturePng
{
    /// <summary>Encodes one or three planes of bytes.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> planes, int width, int height)
    {
        var bitmap = new Bitmap(width, height);
        bitmap.DrawImage(0, 0, planes, width, height, 1);
        return bitmap.ToPng();
    }

    /// <summary>Encodes planes of pixels in [0, 1], rounded, for <c>src</c> of an image.</summary>
    public static string ToDataUri(IEnumerable<float> planes, int width, int height) => "data:image/png;base64," + Convert.ToBase64String(
        Encode([.. planes.Select(p => (byte)Math.Round(255 * Math.Clamp(p, 0, 1)))], width, height));
}
