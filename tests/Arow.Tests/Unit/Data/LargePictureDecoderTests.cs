using SkiaSharp;

namespace Arow.Tests.Unit.Data;

/// <summary>Pictures with more pixels than are decoded at once.</summary>
public sealed class LargePictureDecoderTests
{
    /// <summary>A hundred thousand bytes of it unfold to gigabytes.</summary>
    [Fact]
    public void A_png_is_decoded_whole_or_not_at_all()
    {
        var png = SKData.CreateCopy(MadeFolder.Painted(SKColors.Gray, 40, 40));
        using var whole = Decoded(png, SKColorType.Rgba8888, SKAlphaType.Unpremul, 1600)!;
        Assert.Equal((40, 40, 128), (whole.Width, whole.Height, (int)whole.GetPixel(39, 39).Red));
        Assert.Null(Decoded(png, SKColorType.Rgba8888, SKAlphaType.Unpremul, 1599));
    }

    [Fact]
    public void A_jpeg_is_scaled_by_its_decoder_and_nothing_that_fits_is()
    {
        var jpeg = SKImage.FromEncodedData(MadeFolder.Painted(SKColors.Gray, 64, 48)).Encode(SKEncodedImageFormat.Jpeg, 100);
        using var reduced = Decoded(jpeg, SKColorType.Rgba8888, SKAlphaType.Unpremul, 1000)!;
        Assert.InRange(reduced.Width * reduced.Height, 500, 1000);
        Assert.Equal(128, reduced.GetPixel(3, 3).Red);
        using var whole = Decoded(jpeg, SKColorType.Rgba8888, SKAlphaType.Unpremul, 64 * 48)!;
        Assert.Equal((64, 48), (whole.Width, whole.Height));
    }

    [Fact]
    public void A_damaged_one_is_none()
    {
        var png = MadeFolder.Painted(SKColors.Gray, 40, 40);
        Assert.Null(Decoded(SKData.CreateCopy(png[..^30]), SKColorType.Rgba8888, SKAlphaType.Unpremul, 1600));
    }

    private static SKBitmap? Decoded(SKData encoded, SKColorType type, SKAlphaType alpha, long mostPixels)
    {
        using var picture = EncodedPicture.Open(encoded.ToArray())!;
        return LargePictureDecoder.Decode(picture, type, alpha, mostPixels);
    }
}
