using System.CommandLine;
using System.Globalization;
using Arow.Evaluation;
using Arow.IO;
using Arow.Reports;
using Arow.Runtime;
using Arow.Training;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary>
/// <c>arow quickstart</c>: a tiny network trained three ways on generated digits, attacked, and compared. Every number
/// comes from the training that the user has just watched.
/// </summary>
internal static class QuickstartCommand
{
    /// <summary>Takes about a minute on two cores.</summary>
    private static TrainingOptions Options { get; } = new()
    {
        Dataset = "glyphs", LimitTrain = 4000, LimitTest = 500, Model = "tiny-cnn", Threat = new(Norm.Linf, 0.1),
        AttackSteps = 5, Epochs = 6, BatchSize = 64, LearningRate = 0.1, Schedule = "cyclic", EvaluateEvery = 2, Validation = 250,
    };

    /// <summary>
    /// The three methods, each in the best of six settings by the validation images of three seeds, none of them the quickstart's:
    /// docs/results/quickstart. Standard training has no attack; the other two share everything but λ.
    /// </summary>
    private static IReadOnlyList<TrainingOptions> Methods { get; } =
    [
        Options with { Objective = "standard", LearningRate = 0.2 },
        Options with { Objective = "trades", Lambda = 6 },
        Options with { Objective = "arow", Lambda = 3 },
    ];

    public static Command Create()
    {
        var output = Text("--output", "DIR", "folder for the three runs and the report [runs/quickstart, or with a number]");
        var command = new Command("quickstart",
            "Train a tiny network three ways on embedded digits, attack it, and compare: about a minute on two cores.") { output };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(output) ?? FindFreeFolder(Path.Combine("runs", "quickstart"));
            return StopSignals.RunCancellable(signals =>
            {
                signals.Left = $"trained networks are kept in {folder}; the next quickstart needs another --output or chooses one";
                return Quickstart(folder, signals);
            });
        });
        return command;
    }

    private static int Quickstart(string folder, StopSignals signals)
    {
        if (OutputPath.ValidateFolder(folder) is { } fault) throw new InputException($"--output {folder} {fault}");
        if (OutputPath.FindEntries(folder).Any())
            throw new InputException($"--output {folder} is not empty; choose another");
        ArowRuntime.Initialize();
        Results.Write(
            $"Three networks learn to classify {Options.LimitTrain} generated digits. The attack may change every pixel by up to "
                + $"{Options.Threat.Size} of full range.");

        var compared = new List<ComparedModel>();
        foreach (var options in Methods)
        {
            var objective = options.Objective;
            Console.WriteLine();
            Console.WriteLine($"{objective}:");
            var runFolder = new RunFolder(Path.Combine(folder, objective));
            using var training = new TrainingDisplay();
            using var attacking = new EvaluationDisplay();
            using var run = new TrainingRun(options, runFolder, resume: false) { Observer = training };
            if (run.Run(signals.Token).Interrupted) return signals.ExitCode;
            var summary = run.Evaluate(attacking, signals.Token);
            TrainingReport.FromFolder(runFolder, attacking.Examples).Write(runFolder.Path);
            compared.Add(new ComparedModel(objective, summary, attacking.Examples));
        }

        ComparisonReport.Create("Three ways to train, under attack", compared).Write(folder);
        Print(compared);
        Results.Write(Summarize(folder, compared));
        Results.Write($"Report with pictures: {Path.Combine(folder, "report.html")}");
        Console.WriteLine($"""

            Next:
              arow evaluate {Path.Combine(folder, "arow")} --attack autoattack --limit 100
              arow data verify folder --data-dir PHOTOS
              arow train --dataset folder --data-dir PHOTOS --output runs/photos
            """);
        return 0;
    }

    private static void Print(List<ComparedModel> compared)
    {
        Console.WriteLine();
        FittedTable.Write(["trained with", "clean accuracy", "under PGD-20", "95 % interval"], compared.Select(model => (string[])
        [
            model.Name, SummaryTable.Percent(model.Summary.CleanAccuracy), SummaryTable.Percent(model.Summary.RobustAccuracy),
            $"{SummaryTable.Percent(model.Summary.RobustInterval[0])} – {SummaryTable.Percent(model.Summary.RobustInterval[1])}",
        ]), "95 % interval");
    }

    /// <summary>Explains the table in words that follow from its numbers.</summary>
    private static string Summarize(string folder, IReadOnlyList<ComparedModel> compared)
    {
        var (standard, trades, arow) = (compared[0].Summary, compared[1].Summary, compared[2].Summary);
        IReadOnlyList<SampleResult> Rows(string objective) =>
            new EvaluationFolder(new RunFolder(Path.Combine(folder, objective)).Evaluation).ReadRows();
        var pair = PairedComparison.CompareRobust(Rows("arow"), Rows("trades"));
        var verdict = !pair.Differ ? "ARoW and TRADES do not differ significantly here"
            : string.Create(CultureInfo.InvariantCulture,
                $"ARoW is {100 * Math.Abs(pair.Difference):f1} points {(pair.Difference > 0 ? "ahead of" : "behind")} TRADES here, more than by "
                    + $"chance, on digits that no network has memorised");
        return $"All three classify clean digits. Under attack, the network trained on clean digits alone keeps {SummaryTable.Percent(standard.RobustAccuracy)}, the adversarially trained ones "
            + $"{SummaryTable.Percent(trades.RobustAccuracy)} (TRADES) and {SummaryTable.Percent(arow.RobustAccuracy)} (ARoW). {verdict}.";
    }

    /// <summary>Returns the folder, or the first of folder-2, folder-3 … that does not exist.</summary>
    private static string FindFreeFolder(string folder) =>
        Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? folder : $"{folder}-{i}").First(f => !Directory.Exists(f));
}
