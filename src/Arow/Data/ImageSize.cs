using System.Globalization;

namespace Arow.Data;

/// <summary>The size that photographs are brought to, "64" or "64x48" (width x height) in run files.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Largest width and height.</summary>
    internal const int Maximum = 4096;

    /// <summary>What messages say that a text is not.</summary>
    internal static readonly string Expected = $"a size in pixels such as 64 or 64x48, at most {Maximum}";

    /// <summary>"64" or "64x48"; null if the text is no size of 1 to 4096 pixels.</summary>
    public static ImageSize? Parse(string text)
    {
        var sides = text.Split('x')
            .Select(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) && pixels is >= 1 and <= Maximum
                ? pixels : 0).ToList();
        return sides is [var only] && only > 0 ? new(only, only)
            : sides is [var width, var height] && width > 0 && height > 0 ? new(width, height)
            : null;
    }

    /// <summary>"64x48".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");
}
