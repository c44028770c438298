using SkiaSharp;

namespace Arow.Data;

/// <summary>An encoded picture whose header is read: by SkiaSharp, or of a TIFF file.</summary>
internal abstract class EncodedPicture : IDisposable
{
    /// <summary>In pixels, as stored.</summary>
    public abstract int Width { get; }

    /// <summary>In pixels, as stored.</summary>
    public abstract int Height { get; }

    /// <summary>Whether it is stored without colour.</summary>
    public abstract bool IsGrey { get; }

    /// <summary>Whether it is stored without opacity.</summary>
    public abstract bool IsOpaque { get; }

    /// <summary>How the camera was held.</summary>
    public abstract SKEncodedOrigin Origin { get; }

    /// <summary>Whether each value has 16 bits, of which the upper 8 are read.</summary>
    public abstract bool HasSixteenBits { get; }

    /// <summary>Whether further pictures follow.</summary>
    public abstract bool HasMore { get; }

    /// <summary>Most pixels to decode at once.</summary>
    public virtual long MaxPixels => LargePictureDecoder.MaxPixels;

    /// <summary>Whether a larger picture is decoded at a fraction of its size.</summary>
    public virtual bool IsScalable => false;

    /// <summary>Opens a picture; null if it is damaged or of another kind.</summary>
    /// <param name="encoded">The file.</param>
    public static EncodedPicture? Open(byte[] encoded) => TiffHeader.IsTiff(encoded) ? TiffPicture.Open(encoded) : SkiaPicture.Open(encoded);

    /// <summary>The size to decode at that is a share of the picture's and may be rounded by the decoder.</summary>
    public virtual SKSizeI Scaled(float share) => throw new NotSupportedException();

    /// <summary>Decodes the picture; false if it is damaged.</summary>
    /// <param name="info">Grey, or red, green, blue and opacity, not multiplied; the size is that of the picture or a scaled one.</param>
    /// <param name="pixels">Room for them, cleared.</param>
    public abstract bool Read(SKImageInfo info, nint pixels);

    public virtual void Dispose()
    {
    }
}
