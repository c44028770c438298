using System.CommandLine;
using System.CommandLine.Parsing;
using Arow.Options;

namespace Arow.Cli;

/// <summary>Faults of a command line, before anything is done.</summary>
internal static class CommandLineCheck
{
    /// <summary>Throws what is wrong.</summary>
    /// <param name="parsed">The command line as it was understood.</param>
    /// <param name="words">As it was given.</param>
    /// <exception cref="InputException">An unknown command or option, a missing value, or one too many.</exception>
    public static void Validate(ParseResult parsed, string[] words)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0
            && parsed.UnmatchedTokens.FirstOrDefault(word => !word.StartsWith('-')) is { } name) throw HelpCommand.Unknown(command, name);
        CheckOptions(parsed, words);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpText.Action) throw new InputException(
            $"{string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.')))}; '{HelpText.Path(command)} --help' shows what there is");
    }

    /// <summary>Whether the command only prints help, versions or lists.</summary>
    /// <param name="parsed">The command line, without faults.</param>
    public static bool OnlyTells(ParseResult parsed) => parsed.Action is HelpText.Action || parsed.CommandResult.Command is { } command
        && (command.Name is "arow" or "help" or "version" or "completion" or "models" || HelpText.Path(command) == "arow data list");

    /// <summary>A mistyped option would otherwise be taken for an argument, and the message be about the word after it.</summary>
    private static void CheckOptions(ParseResult parsed, string[] words)
    {
        var known = new List<string>();
        var command = parsed.CommandResult.Command;
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: var here }; at = at.Parent)
            known.AddRange(here.Options.Where(o => here == command || o.Recursive || o is VersionOption).SelectMany(o => o.Aliases.Append(o.Name)));
        var unknown = words.Where(a => a.StartsWith("--", StringComparison.Ordinal) && a.Length > 2).Select(a => a.Split('=')[0])
            .Where(option => !known.Contains(option)).Distinct().ToList();
        if (unknown.Count == 0) return;
        var faults = unknown.Select(option => $"unknown option {option} of '{command.Name}'{Suggestion.Question(option, known)}");
        var hint = unknown.Any(option => Suggestion.Nearest(option, known) is null) ? $"; '{HelpText.Path(command)} --help' lists them" : "";
        throw new InputException(string.Join("; ", faults) + hint);
    }
}
