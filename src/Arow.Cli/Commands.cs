using System.CommandLine;
using System.CommandLine.Help;

namespace Arow.Cli;

/// <summary>The program <c>arow</c>: all its commands.</summary>
internal static class Commands
{
    public static Command Create()
    {
        var root = new Command("arow", """
            Train image classifiers that are robust to adversarial attacks, with ARoW, and evaluate them.

            Start with:
              arow quickstart
            On real images:
              arow data fetch fashion-mnist
              arow train recipes/fashion-mnist-small-arow.json --output runs/arow
              arow evaluate runs/arow --attack pgd100
            """)
        {
            TrainCommand.Create(),
            EvaluateCommand.Create(),
            PredictCommand.Create(),
            ServeCommand.Create(),
            ExportCommand.Create(),
            ModelsCommand.Create(),
            AnalyzeCommand.Create(),
            CompareCommand.Create(),
            CompareEvaluationsCommand.Create(),
            ReportCommand.Create(),
            PseudoLabelCommand.Create(),
            DataCommand.Create(),
            QuickstartCommand.Create(),
            ModelTrial.Create(),
            VersionCommand.Create(),
            CompletionCommand.Create(),
            new HelpOption { Recursive = true, Action = new HelpText.Action() },
            new VersionOption(),
        };
        root.Add(HelpCommand.Create(root));
        ShowHelpOfGroups(root);
        return root;
    }

    /// <summary>A command that does nothing by itself shows what there is.</summary>
    private static void ShowHelpOfGroups(Command command)
    {
        if (command.Subcommands.Count > 0) command.Action = new HelpText.Action();
        foreach (var part in command.Subcommands) ShowHelpOfGroups(part);
    }
}
