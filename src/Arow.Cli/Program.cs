using System.CommandLine;
using System.CommandLine.Parsing;
using Arow;
using Arow.Cli;
using Arow.Options;

Console.SetError(new BestEffortWriter(Console.Error));
return Run(Commands.Create(), args);

static int Run(Command root, string[] args)
{
    const int Failed = 1, BadInput = 2;
    try
    {
        if (Array.IndexOf(args, "") is >= 0 and var empty) throw new InputException(
            $"{(empty > 0 ? args[empty - 1] : "arow")}: is followed by nothing");
        // A name that begins with @ is a name.
        var command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        CheckOptions(command, args);
        if (command.Errors.Count > 0)
            throw new InputException($"{string.Join("; ", command.Errors.Select(e => e.Message.TrimEnd('.')))}; --help shows what there is");
        return command.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
    catch (InputException fault)
    {
        Console.Error.WriteLine($"arow: {fault.Message}");
        return BadInput;
    }
    catch (Exception fault)
    {
        Console.Error.WriteLine($"arow: {ErrorText.Describe(fault)}");
        return Failed;
    }
}

// A mistyped option would otherwise be taken for an argument, and the message be about the word after it.
static void CheckOptions(ParseResult command, string[] args)
{
    var known = new List<string> { "--help", "--version" };
    for (SymbolResult? at = command.CommandResult; at is CommandResult { Command: var here }; at = at.Parent)
        known.AddRange(here.Options.SelectMany(o => o.Aliases.Append(o.Name)));
    var unknown = args.Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a.Split('=')[0]).Where(option => !known.Contains(option))
        .Distinct()
        .Select(option => $"{option} is no option of '{command.CommandResult.Command.Name}'; did you mean {Suggestion.Closest(option, known)}?")
            .ToList();
    if (unknown.Count > 0) throw new InputException(string.Join("; ", unknown));
}
