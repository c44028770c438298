using System.Globalization;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>Normalization in a model's metadata: <c>mean</c> and <c>std</c>, one number per channel.</summary>
internal static class ModelMetadata
{
    /// <summary>The metadata that says how the images of the training were resized.</summary>
    public const string ImageResizingKey = "image_resizing";

    /// <summary>Returns the stored normalization; null if there is none.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="metadata">Returns the metadata value of a key; null if missing.</param>
    /// <exception cref="InputException">The values are not a normalization for such images.</exception>
    public static Normalization? ParseNormalization(string path, int channels, Func<string, string?> metadata)
    {
        if (metadata("mean") is not { } mean || metadata("std") is not { } std) return null;
        var normalization = new Normalization(ParseNumbers(path, "mean", mean), ParseNumbers(path, "std", std));
        return Validate(normalization, channels) is { } error ? throw new InputException($"{path}: its metadata has {error}") : normalization;
    }

    /// <summary>Returns the error of a normalization; null if it is valid. A model of color images may get grey ones, repeated.</summary>
    public static string? Validate(Normalization? normalization, int channels) =>
        channels == 1 && normalization?.Mean.Count == 3 ? normalization.Validate(3) : normalization?.Validate(channels);

    /// <summary>Parses numbers separated by spaces or commas.</summary>
    /// <exception cref="InputException">The text contains something else.</exception>
    internal static double[] ParseNumbers(string path, string key, string text)
    {
        var parts = text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var numbers = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], CultureInfo.InvariantCulture, out numbers[i]))
                throw new InputException($"{path}: its metadata has no numbers for '{key}'");
        }
        return numbers;
    }
}
