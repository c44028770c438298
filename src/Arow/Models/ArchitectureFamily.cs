using System.Globalization;
using System.Text.RegularExpressions;

namespace Arow.Models;

/// <summary>Architectures whose names hold numbers: <c>wrn-D-W</c> stands for <c>wrn-16-4</c> and the like.</summary>
/// <param name="Pattern">The name with a capital letter in place of each number.</param>
/// <param name="Fault">From the numbers, in the order of the name, to what is wrong with them; null if nothing is.</param>
/// <param name="Create">From numbers without fault to the architecture.</param>
public sealed record ArchitectureFamily(
    string Pattern, Func<IReadOnlyList<int>, string?> Fault, Func<IReadOnlyList<int>, Architecture> Create)
{
    private const double MillionsOfWeights = 300;

    /// <summary>The numbers of a name; null if it is no name of this family. Leading zeros are not: each architecture has one name.</summary>
    /// <param name="name">As in run files. A number beyond the range of int is its largest.</param>
    public IReadOnlyList<int>? Numbers(string name)
    {
        var found = Regex.Match(name, $"^{Regex.Replace(Regex.Escape(Pattern), "[A-Z]", "(0|[1-9][0-9]*)")}\\z", RegexOptions.CultureInvariant);
        return found.Success
            ? [.. found.Groups.Values.Skip(1).Select(g => int.TryParse(g.Value, CultureInfo.InvariantCulture, out var n) ? n : int.MaxValue)]
            : null;
    }

    /// <summary>What is wrong with so many weights; null if nothing is.</summary>
    internal static string? TooMany(double weights) => weights <= MillionsOfWeights * 1e6 ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"has about {weights / 1e6:n0} million weights; at most {MillionsOfWeights:n0} million are allowed (wrn-70-16, the largest published, has 267)");
}
