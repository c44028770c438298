using System.CommandLine;

namespace Arow.Cli;

/// <summary>Options that are of the command and not of its work.</summary>
internal static class TextOption
{
    /// <summary>An option whose value is read as text, so that what is wrong with it can be told with all else.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="value">What a value looks like, for the help.</param>
    /// <param name="description">For the help.</param>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "print one JSON object as the last line of standard output" };
}
