using System.CommandLine;
using System.Text.Json.Nodes;
using Arow.Checkpoints;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.Reports;
using Arow.Runtime;
using Arow.Training;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow train</c>: trains from a run file and options into a run folder.</summary>
internal static class TrainCommand
{
    /// <summary>The exit code after SIGTERM.</summary>
    private const int Terminated = 143;

    public static Command Create()
    {
        var runFile = new Argument<string?>("RUNFILE") { Description = "run file (JSON, comments allowed); options override it", Arity = ArgumentArity.ZeroOrOne };
        var output = Text("--output", "DIR", "run folder to create [runs/<dataset>-<objective>-<seed>]");
        var resume = Flag("--resume", "resume the run in --output; start it if there is none");
        var dryRun = Flag("--dry-run", "show the plan and the time it takes, measured on a few steps; trains nothing");
        var json = JsonFlag();
        var settings = new SettingOptions<TrainingOptions>(Settings.All);

        var command = new Command("train", """
            Train a classifier and keep the run in a folder.

            Without a run file, runs of fewer than 2000 steps use batches of 32, one cycle of
            the learning rate and a matching rate, unless these are given. A message reports
            it, and the run file records it.
            Exit codes: 0 done, 1 failed, 2 bad input, 130 and 143 stopped.

            Examples:
              arow train --dataset glyphs --epochs 5 --output runs/glyphs
              arow train recipes/fashion-mnist-small-arow.json --dry-run
              arow train recipes/fashion-mnist-small-arow.json --lambda 2 --output runs/half
              arow train --output runs/half --resume
              mpirun -n 4 arow train recipes/fashion-mnist-small-arow.json --threads 2 --output runs/four
            """) { runFile, output, resume, dryRun, json };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed => StopSignals.RunCancellable(signals => ProcessJob.Run(group => Train(
            parsed.GetValue(runFile), settings.GetSpecified(parsed), parsed.GetValue(output), parsed.GetValue(resume), parsed.GetValue(dryRun),
            parsed.GetValue(json), signals, group))));
        return command;
    }

    private static int Train(
        string? runFile, List<(string, string)> given, string? output, bool resume, bool dryRun, bool json, StopSignals signals,
        ProcessGroup group)
    {
        var (givenFile, located) = (runFile, ShippedFile.Locate(runFile));
        runFile = located;
        // Run files decide for themselves: a recipe is what it says and the defaults of the paper.
        HashSet<string> specified = [.. given.Select(g => g.Item1)];
        // Files may be there for the first process only: it reads the options for all.
        var (options, isNew) = group.Together(() => group.IsFirst ? Start() : default);
        if (!group.IsSingle) (options, isNew) = Share(group, options, isNew);
        ArowRuntime.Initialize();
        var folder = FolderOf(options);
        using var display = new TrainingDisplay();
        string? shortened = null;
        using var page = new LivePage(folder, display);
        using var run = group.Together(() =>
            new TrainingRun(options, folder, resume, evaluates: group.IsFirst, isNew ? Fit : null, group) { Observer = page });
        options = run.Options;
        run.JoinCards();
        signals.StopsAfter = "step";
        // Only once the run is accepted: a refusal is one line.
        ShippedFile.Report(givenFile, located);
        if (shortened is not null) display.OnWarning(shortened);
        DataLines.Report(run.Inspection);
        if (ShortRun.DescribeTooFewSteps(options, run.TrainingImages, run.Classes.Count) is { } tooFew) display.OnWarning(tooFew);
        if (dryRun)
        {
            foreach (var remark in run.Remarks) display.OnWarning(remark);
            group.InFirst(() => ShowPlan(run, options, group, signals));
            group.Leave();
            return signals.ExitCode;
        }
        foreach (var line in TrainingBanner.Lines(run, options)) Messages.Note(line);
        Messages.Note($"page: {page.Path}, written anew after each epoch, at most every {LivePage.RefreshSeconds} seconds");
        var resuming = $"'arow train --output {folder.Path} --resume' resumes";
        signals.Left = $"the run is saved; {resuming}";
        var result = run.Run(signals.Token);
        if (result.Interrupted)
        {
            // Before any process ends: a launcher ends all at the first that does.
            Messages.Error($"arow: stopped; {signals.Left}", wrap: false);
            signals.Left = null;
            group.Leave();
            // The signal may have reached another process.
            return signals.ExitCode != 0 ? signals.ExitCode : Terminated;
        }
        group.Leave();
        if (!group.IsFirst) return 0;

        signals.Left = $"the trained weights are saved; {resuming}";
        signals.StopsAfter = "batch";
        page.ShowEvaluating();
        using var evaluating = new EvaluationDisplay();
        var summary = run.Evaluate(evaluating, signals.Token);
        evaluating.Finish();
        if (ShortRun.DescribeFailure(summary) is { } failure) display.OnWarning(failure);
        using var others = new EvaluationDisplay();
        run.EvaluateKept(others, signals.Token);
        others.Finish();
        TrainingReport.FromFolder(folder, evaluating.Examples).Write(folder.Path);
        page.Finish();
        SummaryTable.Print(summary);
        var measured = MeasuredWeights.Read(folder);
        if (WeightsTable.Create(measured) is { } kept) ReportTable.Print(kept, "robust, training images", "epoch");
        Results.WriteHeadline(SummaryTable.Headline(summary));
        Results.Write($"weights of epoch {result.BestEpoch} of {result.Epochs} in {folder.Weights}; report in "
            + $"{Path.Combine(folder.Path, "report.html")}");
        if (json) Console.WriteLine(Result(folder, result, summary, measured).ToJsonString());
        return 0;

        (TrainingOptions, bool) Start()
        {
            // A resumed run has its own options: none has to be repeated.
            if (resume && runFile is null && output is not null && new RunFolder(output) is { Exists: true } begun) runFile = begun.RunFile;
            var read = Read(runFile, runFile is null ? WithArchitecture(given) : given);
            var runFolder = FolderOf(read);
            var isNewRun = runFile is null && !runFolder.Exists;
            // What a run was started with stays, whether it was given or fitted.
            if (runFile is null && !isNewRun) read = ShortRun.Copy(read, RunFile.Read(runFolder.RunFile, []), specified);
            // The others do not read the folder.
            if (!group.IsSingle)
                read = runFolder.ResolveDropoutMask(read) with { Threads = read.Threads ?? (runFolder.Exists ? runFolder.InitialThreads : null) };
            return (read, isNewRun);
        }

        RunFolder FolderOf(TrainingOptions o) => new(output ?? Path.Combine("runs", $"{o.Dataset}-{o.Objective}-{o.Seed}"));

        TrainingOptions Fit(TrainingOptions before, int images)
        {
            var fitted = ShortRun.Fit(before, images, specified);
            shortened = ShortRun.Describe(before, fitted);
            return fitted;
        }
    }

    private static void ShowPlan(TrainingRun run, TrainingOptions options, ProcessGroup group, StopSignals signals)
    {
        foreach (var line in TrainingBanner.Lines(run, options)) Results.Write(line);
        try
        {
            foreach (var line in TrainingBanner.Estimate(run, options, DateTime.Now, signals.Token)) Results.Write(line);
        }
        catch (OperationCanceledException) when (!group.IsSingle)
        {
            // The others wait for the end of the plan.
        }
    }

    /// <summary>The options of the first process, for all.</summary>
    private static (TrainingOptions Options, bool IsNew) Share(ProcessGroup group, TrainingOptions options, bool isNew)
    {
        var lines = group.Broadcast(() => string.Join('\n', Settings.All.Where(s => s.Get(options) is not null)
            .Select(s => $"{s.Name}\t{s.Get(options)}").Prepend(isNew ? "new" : ""))).Split('\n');
        return (RunFile.Read(null, lines.Skip(1).Select(line => line.Split('\t', 2)).Select(part => (part[0], part[1]))), lines[0] == "new");
    }

    /// <summary>The given options, with the architecture of the initial weights if they name it and no other is given.</summary>
    private static List<(string, string)> WithArchitecture(List<(string Name, string Value)> given)
    {
        if (given.Any(g => g.Name == "model") || given.FirstOrDefault(g => g.Name == "init").Value is not { } init) return given;
        var weights = RunFolder.ResolveWeights(init);
        try
        {
            return File.Exists(weights) && ModelFile.ReadMetadata(weights).GetValueOrDefault("architecture") is { } architecture
                ? [.. given, ("model", architecture)] : given;
        }
        catch (InputException)
        {
            // Reported with all other errors when the weights are read.
            return given;
        }
    }

    /// <summary>
    /// Reads the options. If they have errors, their files are checked too, so that all errors are reported at once; if
    /// they have none, the run checks the files itself.
    /// </summary>
    private static TrainingOptions Read(string? runFile, List<(string, string)> given)
    {
        var (options, problems) = RunFile.Parse(runFile, given);
        if (problems.Count == 0) return options;
        if ((options.DataDir ?? options.Helper ?? options.ExtraData) is not null)
        {
            ArowRuntime.Initialize();
            problems = [.. problems, .. InputValidator.Validate([options])];
        }
        throw new InputException(string.Join("; ", problems));
    }

    private static JsonObject Result(RunFolder folder, TrainingResult result, EvaluationSummary summary,
        IReadOnlyList<MeasuredWeights> measured) => new()
        {
            ["run"] = folder.Path,
            ["weights"] = folder.Weights,
            ["epochs"] = result.Epochs,
            ["best_epoch"] = result.BestEpoch,
            ["clean_accuracy"] = summary.CleanAccuracy,
            ["robust_accuracy"] = summary.RobustAccuracy,
            ["balanced_clean_accuracy"] = summary.BalancedCleanAccuracy,
            ["balanced_robust_accuracy"] = summary.BalancedRobustAccuracy,
            ["evaluation"] = folder.Evaluation,
            ["training_robust_accuracy"] = measured[0].Training?.RobustAccuracy,
            ["generalization_gap"] = measured[0].Gap,
            ["kept"] = new JsonObject(measured.Where(m => m.Kept is not null).Select(m => KeyValuePair.Create(m.Name, (JsonNode?)new JsonObject
            {
                ["weights"] = folder.WeightsFor(m.Kept),
                ["epoch"] = m.Epoch,
                ["clean_accuracy"] = m.Test.CleanAccuracy,
                ["robust_accuracy"] = m.Test.RobustAccuracy,
                ["training_robust_accuracy"] = m.Training?.RobustAccuracy,
                ["generalization_gap"] = m.Gap,
                ["evaluation"] = folder.EvaluationFor(m.Kept),
            }))),
        };
}
