using System.CommandLine;
using Arow;
using Arow.Cli;

var root = new RootCommand("""
    Trains image classifiers to withstand adversarial attacks with ARoW, and measures how well they do.

    Begin with:      arow quickstart
    On real images:  arow data fetch fashion-mnist --data-dir data/fashion-mnist
                     arow train recipes/fashion-mnist-small-arow.json --output runs/arow
                     arow evaluate runs/arow --attack pgd100
    """)
{
    TrainCommand.Create(),
    EvaluateCommand.Create(),
    DataCommand.Create(),
    QuickstartCommand.Create(),
};

return Run(root.Parse(args));

static int Run(ParseResult command)
{
    const int Failed = 1, BadInput = 2;
    try
    {
        if (command.Errors.Count > 0) throw new InputException(string.Join("; ", command.Errors.Select(e => e.Message.TrimEnd('.'))));
        return command.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
    catch (InputException fault)
    {
        Console.Error.WriteLine($"arow: {fault.Message}");
        return BadInput;
    }
    catch (Exception fault) when (fault is not OutOfMemoryException)
    {
        Console.Error.WriteLine($"arow: {fault.Message.ReplaceLineEndings(" ")}");
        return Failed;
    }
}
