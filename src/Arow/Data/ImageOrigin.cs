namespace Arow.Data;

/// <summary>Number of images with a property, and the first of them.</summary>
/// <param name="Count">0 or more.</param>
/// <param name="Example">First image; null for none.</param>
internal readonly record struct ExampleCount(int Count, string? Example)
{
    /// <summary>Adds an image.</summary>
    internal ExampleCount Add(string example) => new(Count + 1, Example ?? example);
}

/// <summary>Observations on the pictures of a split during decoding.</summary>
/// <param name="Rotated">Not stored upright, according to EXIF.</param>
/// <param name="Transparent">With pixels that are not opaque.</param>
/// <param name="OnlyInAlpha">Without visible content once transparency is dropped.</param>
/// <param name="SixteenBits">With 16 bits per value, of which the upper 8 are read.</param>
/// <param name="LargestSixteenBitByte">Largest byte read from 16-bit pictures.</param>
/// <param name="Animated">With further pictures after the one that is read.</param>
internal sealed record PictureStatistics(ExampleCount Rotated, ExampleCount Transparent, ExampleCount OnlyInAlpha, ExampleCount SixteenBits,
    int LargestSixteenBitByte, ExampleCount Animated);

/// <summary>Origin of the images of a set.</summary>
/// <param name="Names">Paths below the folder, by index in the whole set.</param>
/// <param name="Pictures">Observations on the pictures.</param>
/// <param name="Skipped">The other files of the folder.</param>
internal sealed record ImageOrigin(IReadOnlyList<string> Names, PictureStatistics Pictures, SkippedFiles Skipped)
{
    /// <summary>What was assumed about folders and archives, one line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Folder names that may be misinterpreted, one line each.</summary>
    public IReadOnlyList<string> Ambiguities { get; init; } = [];

    /// <summary>Folders whose images are all in other formats.</summary>
    public IReadOnlyList<string> UnreadFolders { get; init; } = [];

    /// <summary>Damaged images that were left out.</summary>
    public ExampleCount Damaged { get; init; }

    /// <summary>Empty folders.</summary>
    public IReadOnlyList<string> EmptyFolders { get; init; } = [];
}
