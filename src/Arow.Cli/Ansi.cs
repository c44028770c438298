namespace Arow.Cli;

/// <summary>Emphasis on terminals; nothing where <c>NO_COLOR</c> is set or the text goes elsewhere.</summary>
internal static class Ansi
{
    private const string Reset = "\x1b[0m";

    private static readonly bool Allowed = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>The headline of a result, for standard output.</summary>
    public static string Headline(string text) => Allowed && !Console.IsOutputRedirected ? $"\x1b[1;36m{text}{Reset}" : text;

    /// <summary>What went well, for standard error.</summary>
    public static string Good(string text) => Allowed && !Console.IsErrorRedirected ? $"\x1b[32m{text}{Reset}" : text;

    /// <summary>What did not, for standard error.</summary>
    public static string Bad(string text) => Allowed && !Console.IsErrorRedirected ? $"\x1b[31m{text}{Reset}" : text;
}
