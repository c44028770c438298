using System.CommandLine;
using Arow.Cli;
using Arow.Distributed;

// Open MPI lends its processes a terminal even where its own output goes to a file: no codes of terminals then, with which .NET begins too.
if (Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK") is not null) Environment.SetEnvironmentVariable("TERM", "dumb");
Wording.Current = new CommandLineWording();
Console.SetError(new BestEffortWriter(Console.Error));
ReadingDisplay.Start();
return Run(Commands.Create(), args);

static int Run(Command root, string[] args)
{
    const int Failed = 1, BadInput = 2;
    var isParsed = false;
    try
    {
        if (CompletionCommand.Suggest(root, args) is { } suggested)
        {
            foreach (var line in suggested) Console.WriteLine(line);
            return 0;
        }
        if (Array.IndexOf(args, "") is >= 0 and var empty) throw new InputException(
            $"{(empty > 0 ? args[empty - 1] : "arow")}: the argument after it is empty");
        // A name that begins with @ is a name.
        var command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        CommandLineCheck.Validate(command, args);
        // What all processes of a job would tell alike, the first one tells.
        if (CommandLineCheck.OnlyTells(command) && Launcher.FindAny() is { Rank: > 0 }) return 0;
        MessageOptions.Apply(command, args);
        if (command.Action is not HelpText.Action && command.CommandResult.Command.Name is not ("arow" or "help" or "version" or "completion")
            && OpenSsl.DescribeMissing() is { } missing)
        {
            Messages.Error($"arow: {missing}");
            return Ended(Failed);
        }
        isParsed = true;
        return Ended(command.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }));
    }
    catch (InputException fault)
    {
        // All processes of a job have the same command line; files may be wrong on one machine alone.
        var sentence = $"arow: {fault.Message}";
        if (isParsed) OneVoice.SayForMachine(sentence);
        else OneVoice.SayForAll(sentence);
        return Ended(BadInput);
    }
    catch (Exception fault)
    {
        Messages.Error($"arow: {ErrorText.Describe(fault)}");
        return Ended(Failed);
    }

    static int Ended(int code)
    {
        Messages.Log("end", $"exit {code}");
        return code;
    }
}
