using System.Globalization;

namespace Arow.Training;

/// <summary>Metadata of weights that identifies the images of their training.</summary>
internal static class TrainingMetadata
{
    /// <summary>SHA-256 of the training images: see <see cref="Data.DataIdentity"/>.</summary>
    public const string DataKey = "data_sha256";

    /// <summary>Number of images and seed, if they were drawn from more.</summary>
    public const string LimitKey = "data_limit";

    /// <summary>"1000 0".</summary>
    public static string FormatLimit(int count, long seed) => string.Create(CultureInfo.InvariantCulture, $"{count} {seed}");

    /// <summary>Reads what <see cref="FormatLimit"/> wrote; null if the images were not drawn, or the text is invalid.</summary>
    /// <param name="metadata">Metadata of the weights.</param>
    public static (int Count, long Seed)? ReadLimit(IReadOnlyDictionary<string, string> metadata) =>
        metadata.GetValueOrDefault(LimitKey)?.Split(' ') is [var count, var seed]
        && int.TryParse(count, CultureInfo.InvariantCulture, out var n) && n > 0 && long.TryParse(seed, CultureInfo.InvariantCulture, out var s)
            ? (n, s) : null;
}
