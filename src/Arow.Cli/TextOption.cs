using System.CommandLine;

namespace Arow.Cli;

/// <summary>An option whose value is read as text, so that what is wrong with it can be told with all else.</summary>
internal static class TextOption
{
    /// <summary>The option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="value">What a value looks like, for the help.</param>
    /// <param name="description">For the help.</param>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };
}
