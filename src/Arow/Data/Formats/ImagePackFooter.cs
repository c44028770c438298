using System.Text.Json.Serialization;

namespace Arow.Data;

/// <summary>Description of the images in a packed file, at its end: see <see cref="ImagePack"/>.</summary>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Train">Number of training images, which come first.</param>
/// <param name="Validation">Number of validation images.</param>
/// <param name="Test">Number of test images.</param>
/// <param name="IsUndivided">Whether the test images were drawn, as no folder named them.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Names">Bytes of the names of the files.</param>
internal sealed record ImagePackFooter(
    int Channels, int Height, int Width, int Train, int Validation, int Test, bool IsUndivided, IReadOnlyList<string> Classes, long Names)
{
    /// <summary>Whether the images were resized, as <c>arow data resize</c> does.</summary>
    public bool IsResized { get; init; }

    /// <summary>What was assumed or left out, one line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Number of images.</summary>
    [JsonIgnore]
    public long Count => (long)Train + Validation + Test;

    /// <summary>Bytes of an image.</summary>
    [JsonIgnore]
    public long ImageBytes => (long)Channels * Height * Width;

    /// <summary>Whether all numbers are possible; in a damaged file they may not be.</summary>
    [JsonIgnore]
    public bool IsValid => Channels is 1 or 3 && Height is > 0 and <= ImageSize.Maximum && Width is > 0 and <= ImageSize.Maximum && Train >= 0
        && Validation >= 0 && Test >= 0 && Count is > 0 and <= int.MaxValue && Names >= 0 && Classes.Count is > 0 and <= 1 << 20;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ImagePackFooter))]
internal sealed partial class ImagePackJson : JsonSerializerContext;
