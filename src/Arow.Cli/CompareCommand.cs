using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Options;
using Arow.Reports;
using Arow.Runtime;
using Arow.Studies;
using Arow.Training;
using Spectre.Console;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow compare</c>: a study file, a grid of runs, tables.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("STUDY") { Description = "study file (JSON, comments allowed)" };
        var output = Text("--output", "DIR", "folder of the study [runs/<name of the file>]");
        var dryRun = Flag("--dry-run", "list the runs with their progress and measure the hours left; starts nothing");
        var processes = new Option<int?>("--processes") { Description = "with --dry-run: also the hours with N concurrent processes", HelpName = "N" };
        var reportOnly = Flag("--report-only", "write the report of the existing results; starts nothing");
        var pack = Flag("--pack", "at the end also write runs.zip, the inputs of the report; it is read where the folder runs is missing");
        var json = JsonFlag();
        var settings = new SettingOptions<TrainingOptions>(Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Machine)));
        var command = new Command("compare", """
            Run an experiment, a grid of methods, settings, seeds and data sets, and compare the results.

            After a stop or a kill, the same command resumes. Several processes may share a folder: each takes runs that no
            other has, and ends when the study is complete. Settings are selected on validation images.
            Exit codes: 0 complete, 1 a run failed, 2 bad input, 130 and 143 stopped.

            Examples:
              arow compare studies/glyphs.json --dry-run
              arow compare studies/glyphs.json
              arow compare studies/fashion-mnist-small.json --threads 1 & arow compare studies/fashion-mnist-small.json --threads 1
            """) { file, output, dryRun, processes, reportOnly, pack, json };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var given = settings.GetSpecified(parsed);
            var path = parsed.GetValue(file)!;
            var place = parsed.GetValue(output) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(path));
            var (dry, only) = (parsed.GetValue(dryRun), parsed.GetValue(reportOnly));
            if (dry && parsed.GetValue(pack)) throw new InputException("--dry-run and --pack exclude each other");
            return StopSignals.RunCancellable(signals => WithRuns(place, readOnly: dry || only, folder => Compare(
                path, given, folder, dry, parsed.GetValue(processes), only, parsed.GetValue(pack), parsed.GetValue(json), signals)));
        });
        return command;
    }

    /// <summary>
    /// Passes a study's folder to a command. Packed runs are unpacked: permanently, or, for a read-only command, for as long as
    /// it takes.
    /// </summary>
    private static int WithRuns(string place, bool readOnly, Func<StudyFolder, int> command)
    {
        var (folder, packed) = (new StudyFolder(place), PackedRuns.PathFor(place));
        if (Directory.Exists(folder.Runs) || !File.Exists(packed)) return command(folder);
        if (!readOnly)
        {
            Messages.Warn($"{packed} is unpacked; existing measurements need no weights");
            PackedRuns.Unpack(packed, folder.Runs);
            return command(folder);
        }
        var temporary = Directory.CreateTempSubdirectory("arow-study-");
        try
        {
            var runs = Path.Combine(temporary.FullName, "runs");
            PackedRuns.Unpack(packed, runs);
            return command(new StudyFolder(place, runs));
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static int Compare(
        string path, List<(string, string)> given, StudyFolder folder, bool dryRun, int? processes, bool reportOnly, bool pack, bool json,
        StopSignals signals)
    {
        const int Failed = 1;
        if (dryRun && reportOnly) throw new InputException("--dry-run and --report-only exclude each other");
        if (processes is not null
            && !dryRun) throw new InputException("--processes needs --dry-run; to work in several, start the command several times");
        if (processes < 1) throw new InputException($"--processes {processes} must be a positive integer");
        var located = ShippedFile.Locate(path);
        var study = Read(located, given, folder, inputs: !dryRun && !reportOnly, writes: !dryRun);
        ShippedFile.Report(path, located);
        path = located;
        if (dryRun)
        {
            PrintPlan(study, folder);
            CostTable.Write(study, folder, processes ?? 1, signals.Token);
            return 0;
        }
        if (reportOnly && !Directory.Exists(folder.Path)) throw new InputException($"{folder.Path}: no such folder");
        StudyOutcome? outcome = null;
        if (!reportOnly)
        {
            folder.Create(path, study);
            using var display = new StudyDisplay((job, examples) =>
            {
                WriteReport(job.Run, job.Evaluation!, folder, examples);
                WriteReport(study, folder, isUnderway: true, signals.Token);
            });
            foreach (var remark in study.Remarks) display.OnWarning(remark);
            signals.Left = $"finished work is kept in {folder.Path}; the same command resumes";
            var page = Path.Combine(folder.Path, "study.html");
            Messages.Note($"page: {page}, written anew after each measured run");
            try
            {
                outcome = RunStudy(study, folder, display, signals);
            }
            catch (OperationCanceledException) when (File.Exists(page))
            {
                // It no longer loads itself.
                WriteReport(study, folder, isUnderway: false, CancellationToken.None);
                throw;
            }
        }
        var report = WriteReport(study, folder, isUnderway: false, CancellationToken.None);
        Print(report);
        Results.Write($"report in {Path.Combine(folder.Path, "study.html")}, tables in {folder.Tables}");
        if (pack)
        {
            var packed = PackedRuns.PathFor(folder.Path);
            var count = PackedRuns.Write(folder.Runs, folder.KnownEndpoints, packed);
            Results.Write(string.Create(CultureInfo.InvariantCulture, $"{packed}: {count} runs, {new FileInfo(packed).Length / 1e6:f1} MB"));
        }
        if (json) Console.WriteLine(report.Json.ToJsonString());
        return outcome is { Failed.Count: > 0 } ? Failed : 0;
    }

    /// <summary>Reads the study. All errors of the file, of its inputs and of the folder are found before any work.</summary>
    private static Study Read(string path, List<(string, string)> given, StudyFolder folder, bool inputs, bool writes)
    {
        var (study, problems) = StudyFile.Parse(path, given);
        List<string> errors = [.. problems];
        List<(string Place, DataInspection Found)> inspected = [];
        if (study is not null)
        {
            errors.AddRange(folder.Validate(study, writes));
            ArowRuntime.Initialize();
            if (inputs) errors.AddRange(
                InputValidator.Validate(study.Runs.Select(r => (r.Options, (RunFolder?)folder.Run(r))), (place, found) =>
                    inspected.Add((place, found))));
        }
        if (errors.Count > 0) throw new InputException(string.Join("; ", errors));
        foreach (var (place, found) in inspected)
        {
            DataLines.Report(found, $"data: {place}: ");
        }
        return study!;
    }

    private static StudyOutcome RunStudy(Study study, StudyFolder folder, StudyDisplay display, StopSignals signals)
    {
        var outcome = new StudyRunner(study, folder) { Observer = display }.Run(signals.Token);
        // A killed process may have measured without reporting.
        foreach (var run in study.Runs)
        {
            foreach (var evaluation in study.Evaluations.Where(e =>
                folder.IsMeasured(run, e) && !File.Exists(Path.Combine(folder.Evaluation(run, e).Path, "report.html"))))
                WriteReport(run, evaluation, folder, examples: null);
        }
        return outcome;
    }

    private static void WriteReport(StudyRun run, StudyEvaluation evaluation, StudyFolder folder, PngFigure? examples)
    {
        var (trained, measured) = (folder.Run(run), folder.Evaluation(run, evaluation));
        TrainingReport.FromFolder(trained, examples, measured).Write(trained.Path);
        EvaluationReport.FromFolder(measured, examples).Write(measured.Path);
    }

    /// <summary>One process at a time reads and writes, so the last report covers the whole study.</summary>
    private static StudyReport WriteReport(Study study, StudyFolder folder, bool isUnderway, CancellationToken stop)
    {
        using var reportLock = folder.LockReport(stop);
        var report = StudyReport.Create(StudyResults.Read(study, folder));
        report.Write(folder, isUnderway);
        return report;
    }

    private static void PrintPlan(Study study, StudyFolder folder)
    {
        var rows = new List<string[]>();
        foreach (var run in study.Runs)
        {
            var measured = study.Evaluations.Where(e => folder.IsMeasured(run, e)).Select(e => e.Name).ToList();
            var state = folder.Failure(run) is not null ? "failed"
                : folder.Selected(run) is not null ? string.Join(", ", measured.Prepend("trained"))
                : folder.Run(run).Exists ? "started" : "";
            rows.Add([run.Name, run.Cell.Dataset, run.Cell.Method, run.Cell.Setting, run.Seed.ToString(CultureInfo.InvariantCulture), state]);
        }
        FittedTable.Write(["run", "data set", "method", "setting", "seed", "state"], rows, "data set", "method", "seed", "setting");
        foreach (var remark in EndpointText.DescribeChanges(folder.Endpoints(study)).Concat(study.Remarks)) Results.Write(remark);
        Results.Write($"{study.Runs.Count} runs in {folder.Path}; each measured by:");
        foreach (var e in study.Evaluations)
        {
            var which = $"{(e.ChosenOnly ? " of the settings that validation selects" : "")}{(e.Seeds is { } seeds ? $" with seed {string.Join(' ', seeds)}" : "")}";
            Results.Write($"  {e.Name}: {(e.Attacks.Count == 0 ? "no attack" : string.Join(", ", e.Attacks))}{string.Concat(e.Budget.Specified.Select(g => $", {g.Value} {g.Key}"))}, on {(e.Images is { } n ? $"{n}" : "all")} test images{(which.Length > 0 ? $"; only runs{which}" : "")}");
        }
    }

    /// <summary>The columns that a narrow terminal leaves out, the first one first: neither the methods nor their accuracies.</summary>
    internal static IEnumerable<string> FindExpendable(IReadOnlyList<string> heads) =>
    [
        .. heads.Where(head => head.EndsWith("balanced", StringComparison.Ordinal)), "tried", "seeds", "setting",
        .. heads.Where(head => head.StartsWith("P(", StringComparison.Ordinal)),
        .. heads.Where(head => head.StartsWith("p, level", StringComparison.Ordinal)),
    ];

    private static void Print(StudyReport report)
    {
        foreach (var stamp in report.Report.Blocks.OfType<Banner>()) Results.Write(stamp.Text);
        foreach (var headline in report.Headlines) ReportTable.Print(headline, FindExpendable(headline.Columns));
        foreach (var verdict in report.Verdicts) Results.WriteHeadline(verdict);
    }
}
