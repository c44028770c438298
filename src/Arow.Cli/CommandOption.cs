using System.CommandLine;

namespace Arow.Cli;

/// <summary>Options of a command that are in no table.</summary>
internal static class CommandOption
{
    /// <summary>Creates an option that is parsed as text, so that its error is reported with all others.</summary>
    /// <param name="name">The name, with dashes.</param>
    /// <param name="value">The placeholder of the value in the help.</param>
    /// <param name="description">The help text.</param>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary>The same for an option that must be given.</summary>
    public static Option<string> RequiredText(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, Required = true };

    /// <summary>Creates an option that is on or off.</summary>
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> JsonFlag() => Flag("--json", "print one JSON object as the last line of standard output");
}
