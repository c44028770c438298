using System.Globalization;
using System.Text.RegularExpressions;

namespace Arow.Models;

/// <summary>Architectures whose names contain numbers: <c>wrn-D-W</c> stands for <c>wrn-16-4</c> and similar names.</summary>
/// <param name="Pattern">The name with a capital letter in place of each number.</param>
/// <param name="Validate">Returns an error message for invalid numbers, which come in the order of the name; null for valid ones.</param>
/// <param name="Create">Creates the architecture from valid numbers.</param>
public sealed record ArchitectureFamily(
    string Pattern, Func<IReadOnlyList<int>, string?> Validate, Func<IReadOnlyList<int>, Architecture> Create)
{
    private const double MillionsOfWeights = 500;

    /// <summary>
    /// Returns the numbers of a name; null for names of other families. Leading zeros do not match: each architecture has
    /// one name.
    /// </summary>
    /// <param name="name">The name as in run files. A number beyond the range of int becomes the largest int.</param>
    public IReadOnlyList<int>? ParseNumbers(string name)
    {
        var match = Regex.Match(name, $"^{Regex.Replace(Regex.Escape(Pattern), "[A-Z]", "(0|[1-9][0-9]*)")}\\z", RegexOptions.CultureInvariant);
        return match.Success
            ? [.. match.Groups.Values.Skip(1).Select(g => int.TryParse(g.Value, CultureInfo.InvariantCulture, out var n) ? n : int.MaxValue)]
            : null;
    }

    /// <summary>Returns an error message if there are too many weights; null otherwise.</summary>
    internal static string? ValidateWeightCount(double weights) => weights <= MillionsOfWeights * 1e6 ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"has about {weights / 1e6:n0} million weights; at most {MillionsOfWeights:n0} million are allowed "
        + $"(dm-wrn-106-16, the largest published, has 415)");
}
