using Arow.Data;
using Arow.Models;

namespace Arow.Inference;

/// <summary>A picture in the format of the model's input.</summary>
/// <param name="Pixels">C · H · W bytes, plane by plane.</param>
/// <param name="Resized">Whether the picture was resized.</param>
internal sealed record PictureInput(byte[] Pixels, bool Resized)
{
    /// <summary>Whether the file holds further pictures, of which this is the first.</summary>
    public bool IsFirstOfSeveral { get; private init; }

    /// <summary>
    /// Decodes a picture exactly as training does: without change if it has the model's size, otherwise resized as <c>arow data
    /// resize</c> does, upright and centre-cropped. Grey is repeated for a colour model; colour becomes luma for a grey model.
    /// </summary>
    /// <param name="encoded">The file.</param>
    /// <param name="input">The model's input.</param>
    /// <param name="upright">Whether pictures of the model's size are turned upright too, since training resized its images itself.</param>
    /// <exception cref="InputException">The picture is damaged, of an unsupported format, or too large to decode.</exception>
    public static PictureInput Decode(byte[] encoded, InputShape input, bool upright = false)
    {
        var header = PictureCodec.ReadHeader(encoded) ?? throw new InputException(PictureCodec.DescribeUnsupported(encoded) ?? PictureCodec.Unknown);
        var isFirst = header.Animated;
        var resized = (header.Width, header.Height) != (input.Width, input.Height);
        if (resized || upright)
        {
            encoded = PictureCodec.Resize(encoded, input.Width, input.Height, background: null).Png
                ?? throw new InputException(PictureCodec.DescribeFailure(encoded));
            header = PictureCodec.ReadHeader(encoded)!.Value;
        }
        var size = input.Height * input.Width;
        var planes = new byte[(header.Grey ? 1 : 3) * size];
        var content = PictureCodec.Decode(encoded, planes);
        if (!content.Succeeded) throw new InputException("is damaged or truncated");
        return new PictureInput(
            (header.Grey, input.Channels) switch
            {
                (true, 3) => [.. planes, .. planes, .. planes],
                (false, 1) => content.Coloured ? Luma(planes, size) : planes[..size],
                _ => planes,
            }, resized)
        { IsFirstOfSeveral = isFirst };
    }

    /// <summary>Computes luma as in ITU-R BT.601, rounded, like PIL's convert("L") and OpenCV.</summary>
    private static byte[] Luma(ReadOnlySpan<byte> rgb, int size)
    {
        var grey = new byte[size];
        for (var i = 0; i < size; i++) grey[i] = (byte)((299 * rgb[i] + 587 * rgb[size + i] + 114 * rgb[2 * size + i] + 500) / 1000);
        return grey;
    }
}
