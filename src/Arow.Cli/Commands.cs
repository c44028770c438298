using System.CommandLine;
using System.CommandLine.Help;

namespace Arow.Cli;

/// <summary>The program <c>arow</c>: all its commands.</summary>
internal static class Commands
{
    public static Command Create() => new("arow", """
        Trains image classifiers to withstand adversarial attacks with ARoW, and measures how well they do.

        Begin with:      arow quickstart
        On real images:  arow data fetch fashion-mnist --data-dir data/fashion-mnist
                         arow train recipes/fashion-mnist-small-arow.json --output runs/arow
                         arow evaluate runs/arow --attack pgd100
        """)
    {
        TrainCommand.Create(),
        EvaluateCommand.Create(),
        PredictCommand.Create(),
        ExportCommand.Create(),
        AnalyzeCommand.Create(),
        CompareCommand.Create(),
        CompareEvaluationsCommand.Create(),
        PseudoLabelCommand.Create(),
        DataCommand.Create(),
        QuickstartCommand.Create(),
        ModelTrial.Create(),
        new HelpOption { Recursive = true },
        new VersionOption(),
    };
}
