using System.Text.RegularExpressions;

namespace Arow.Options;

/// <summary>Names that command lines, run files and file names can hold.</summary>
internal static partial class EntryName
{
    /// <summary>Throws unless a name has only lower-case letters, digits and hyphens, and begins with a letter.</summary>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    public static void Require(string name)
    {
        if (!Valid().IsMatch(name)) throw new ArgumentException($"'{name}' is not a name of lower-case letters, digits and hyphens", nameof(name));
    }

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex Valid();
}
