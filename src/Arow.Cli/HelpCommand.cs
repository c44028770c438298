using System.CommandLine;
using System.CommandLine.Completions;
using Arow.Options;

namespace Arow.Cli;

/// <summary><c>arow help</c>: the help of a command.</summary>
internal static class HelpCommand
{
    public static Command Create(Command root)
    {
        var names = new Argument<string[]>("COMMAND") { Description = "command, such as train or data fetch [all of them]", Arity = ArgumentArity.ZeroOrMore };
        names.CompletionSources.Add(_ => root.Subcommands.Where(c => !c.Hidden).Select(c => new CompletionItem(c.Name)));
        var command = new Command("help", "Show the help of a command.\n\nExamples:\n  arow help train\n  arow help data fetch") { names };
        command.SetAction(parsed =>
        {
            HelpText.Print(parsed.GetValue(names)!.Aggregate(root, Find));
            return 0;
        });
        return command;
    }

    /// <summary>What is wrong with a word where a command stands.</summary>
    public static InputException Unknown(Command command, string name)
    {
        List<string> known = [.. command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];
        var help = Suggestion.Question(name, known) is { Length: > 0 } question ? question : $"; '{HelpText.Path(command)} --help' lists them";
        return new InputException($"'{name}' is no command of '{HelpText.Path(command)}'{help}");
    }

    private static Command Find(Command command, string name) =>
        command.Subcommands.FirstOrDefault(c => !c.Hidden && c.Name == name) ?? throw Unknown(command, name);
}
