using SkiaSharp;

namespace Arow.Data;

/// <summary>A picture in PNG, JPEG, WebP, BMP or GIF.</summary>
internal sealed class SkiaPicture : EncodedPicture
{
    /// <summary>Offset of the bit depth in a PNG file, in its first chunk.</summary>
    private const int PngBitDepthOffset = 24;

    private readonly SKCodec codec;
    private readonly byte[] encoded;

    private SkiaPicture(SKCodec codec, byte[] encoded) => (this.codec, this.encoded) = (codec, encoded);

    public override int Width => codec.Info.Width;

    public override int Height => codec.Info.Height;

    public override bool IsGrey => codec.Info.ColorType == SKColorType.Gray8;

    public override bool IsOpaque => codec.Info.AlphaType == SKAlphaType.Opaque;

    public override SKEncodedOrigin Origin => codec.EncodedFormat == SKEncodedImageFormat.Png && codec.EncodedOrigin == SKEncodedOrigin.TopLeft
        ? PngChunks.Orientation(encoded) : codec.EncodedOrigin;

    public override bool HasSixteenBits => codec.EncodedFormat == SKEncodedImageFormat.Png && encoded[PngBitDepthOffset] == 16;

    public override bool HasMore => PictureAnimation.Has(codec.EncodedFormat, encoded);

    /// <summary>Decoders of WebP and GIF keep a copy of their own.</summary>
    public override long MaxPixels =>
        codec.EncodedFormat is SKEncodedImageFormat.Webp or SKEncodedImageFormat.Gif ? base.MaxPixels / 2 : base.MaxPixels;

    public override bool IsScalable => codec.EncodedFormat == SKEncodedImageFormat.Jpeg;

    /// <summary>Opens a picture; null if it is damaged or of another kind.</summary>
    /// <param name="encoded">The file.</param>
    public static new SkiaPicture? Open(byte[] encoded)
    {
        using var data = SKData.CreateCopy(encoded);
        var codec = SKCodec.Create(data);
        if (codec is null) return null;
        if (codec.EncodedFormat is SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp
            or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Gif) return new SkiaPicture(codec, encoded);
        codec.Dispose();
        return null;
    }

    public override SKSizeI Scaled(float share) => codec.GetScaledDimensions(share);

    public override bool Read(SKImageInfo info, nint pixels) => codec.GetPixels(info, pixels) == SKCodecResult.Success;

    public override void Dispose() => codec.Dispose();
}
