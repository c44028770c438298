using System.Globalization;
using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>What a model's file notes about itself beside the network: <c>mean</c> and <c>std</c>, numbers for the channels.</summary>
public static class ModelNotes
{
    /// <summary>The normalisation that is noted; null where none is.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="channels">Of the images.</param>
    /// <param name="note">The note of a name; null where there is none.</param>
    /// <exception cref="InputException">The notes are no normalisation for such images.</exception>
    public static Normalization? Normalization(string path, int channels, Func<string, string?> note)
    {
        if (note("mean") is not { } mean || note("std") is not { } std) return null;
        var normalization = new Normalization(Numbers(path, "mean", mean), Numbers(path, "std", std));
        return normalization.Fault(channels) is { } fault ? throw new InputException($"{path}: its metadata has {fault}") : normalization;
    }

    /// <summary>Numbers between spaces or commas.</summary>
    /// <exception cref="InputException">Something else is between them.</exception>
    internal static double[] Numbers(string path, string key, string text)
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
