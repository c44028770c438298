namespace Arow.Data;

/// <summary>How many images something holds of, and the first of them.</summary>
/// <param name="Count">0 or more.</param>
/// <param name="Example">Null for none.</param>
public readonly record struct Counted(int Count, string? Example)
{
    /// <summary>One more.</summary>
    internal Counted And(string example) => new(Count + 1, Example ?? example);
}

/// <summary>What was seen of the pictures of a split as they were decoded.</summary>
/// <param name="Turned">Stored otherwise than upright, as EXIF says.</param>
/// <param name="Transparent">With pixels that are not opaque.</param>
/// <param name="OnlyInAlpha">With nothing to be seen once transparency is left out.</param>
/// <param name="SixteenBits">With 16 bits a value, of which the upper 8 were read.</param>
/// <param name="LargestOfSixteen">The largest byte that was read of these.</param>
/// <param name="Animated">With more pictures than the one that was read.</param>
internal sealed record PictureNotes(Counted Turned, Counted Transparent, Counted OnlyInAlpha, Counted SixteenBits, int LargestOfSixteen, Counted Animated);

/// <summary>Where the images of a set were read from.</summary>
/// <param name="Names">Their paths below the folder, by their place in the whole set.</param>
/// <param name="Pictures">What was seen of them.</param>
/// <param name="PassedOver">What else is in the folder.</param>
internal sealed record ImageOrigin(IReadOnlyList<string> Names, PictureNotes Pictures, PassedOver PassedOver)
{
    /// <summary>What was assumed of folders and archives, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Names of folders that may not mean what they were taken for, a line each.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>Folders with images of other formats alone.</summary>
    public IReadOnlyList<string> LostFolders { get; init; } = [];

    /// <summary>Folders with nothing in them.</summary>
    public IReadOnlyList<string> EmptyFolders { get; init; } = [];
}
