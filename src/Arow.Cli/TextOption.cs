using System.CommandLine;

namespace Arow.Cli;

/// <summary>Options of a command that are in no table.</summary>
internal static class TextOption
{
    /// <summary>Creates an option that is parsed as text, so that its error is reported with all others.</summary>
    /// <param name="name">The name, with dashes.</param>
    /// <param name="value">The placeholder of the value in the help.</param>
    /// <param name="description">The help text.</param>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "print one JSON object as the last line of standard output" };
}
