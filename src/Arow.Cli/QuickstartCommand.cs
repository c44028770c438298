using System.CommandLine;
using System.Globalization;
using Arow.Evaluation;
using Arow.Training;
using Spectre.Console;

namespace Arow.Cli;

/// <summary>
/// <c>arow quickstart</c>: a tiny network trained three ways on digits drawn by code, attacked, and compared. Every number
/// comes out of the training that the user has just watched.
/// </summary>
internal static class QuickstartCommand
{
    private static readonly string[] Objectives = ["standard", "trades", "arow"];

    /// <summary>Sized for under two minutes on two cores.</summary>
    private static readonly TrainingOptions Options = new()
    {
        Dataset = "glyphs", LimitTrain = 4000, LimitTest = 500, Model = "tiny-cnn", Epsilon = Ratio.Parse("0.1")!.Value,
        AttackSteps = 5, Epochs = 6, BatchSize = 64, LearningRate = 0.1, Schedule = "cyclic", EvaluateEvery = 2, Validation = 250,
    };

    public static Command Create()
    {
        var output = new Option<string?>("--output") { HelpName = "DIR", Description = "folder for the three runs and the report [runs/quickstart, or with a number]" };
        var command = new Command("quickstart", "Train a tiny network three ways on embedded digits, attack it, and compare: about two minutes.") { output };
        command.SetAction(parsed => Quickstart(parsed.GetValue(output) ?? Free(Path.Combine("runs", "quickstart"))));
        return command;
    }

    private static int Quickstart(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new InputException($"--output {folder} is not empty; choose another");
        LibTorch.Load();
        using var signals = new StopSignals();
        Console.WriteLine(
            $"Three networks learn to read {Options.LimitTrain} digits drawn by code. The attack may change every pixel by up to {Options.Epsilon} of full range.");

        var summaries = new List<(string Objective, EvaluationSummary Summary)>();
        foreach (var objective in Objectives)
        {
            Console.WriteLine();
            Console.WriteLine($"{objective}:");
            var runFolder = new RunFolder(Path.Combine(folder, objective));
            using var training = new TrainingDisplay();
            using var attacking = new EvaluationDisplay();
            using var run = new TrainingRun(Options with { Objective = objective }, runFolder, resume: false)
            {
                Stepped = training.Step, EpochDone = training.Epoch, Warned = training.Warn,
            };
            try
            {
                if (run.Run(signals.Token).Interrupted) return signals.ExitCode;
                summaries.Add((objective, run.Evaluate(attacking.Show, signals.Token)));
            }
            catch (OperationCanceledException)
            {
                return signals.ExitCode;
            }
        }
        Print(summaries);
        return 0;
    }

    private static void Print(List<(string Objective, EvaluationSummary Summary)> summaries)
    {
        var table = new Table().RoundedBorder().AddColumns("trained with", "clean accuracy", "under PGD-20", "95 % interval");
        foreach (var (objective, s) in summaries)
            table.AddRow(objective, Percent(s.CleanAccuracy), Percent(s.RobustAccuracy), $"{Percent(s.RobustInterval[0])} – {Percent(s.RobustInterval[1])}");
        Console.WriteLine();
        AnsiConsole.Write(table);
    }

    private static string Percent(double share) => share.ToString("p1", CultureInfo.InvariantCulture);

    /// <summary>The folder, or the first of folder-2, folder-3 … that is not there.</summary>
    private static string Free(string folder) =>
        Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? folder : $"{folder}-{i}").First(f => !Directory.Exists(f));
}
