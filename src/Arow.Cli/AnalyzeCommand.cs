using System.CommandLine;
using Arow.Analysis;
using Arow.Data;
using Arow.Distributed;
using Arow.Evaluation;
using Arow.IO;
using Arow.Reports;
using Arow.Runtime;
using Arow.Statistics;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow analyze</c>: which images are robust and why, for any model that gives gradients.</summary>
internal static class AnalyzeCommand
{
    public static Command Create()
    {
        var settings = new SettingOptions<AnalysisOptions>(AnalysisSettings.All);
        var (model, output, json) =
            (Target.Model(), Text("--output", "DIR", "folder for the report and the tables [MODEL/analysis, or analysis-train]"), JsonFlag());
        var resume = Flag("--resume", "resume or join the analysis for --output; start it if there is none");
        var command = new Command("analyze", """
            Show which images a classifier is robust on, the bounds of its risks, and where it is weak.

            Every image is attacked, and put into a group by the probability of its class under attack. The folder gets the
            table of images (rows.tsv), pictures of the groups, the bound of the ARoW paper, classes and confusion, accuracy
            against the size of perturbations and steps, the loss around images, and the course of training where the run
            was trained with --watch.

            With --resume finished batches are kept in OUTPUT.work: after a stop or a kill, the same command continues.
            While it runs, other processes with the same command share the work, on any machine that sees the folder;
            so do those that mpirun starts, without --resume.
            Exit codes: 0 done, 1 failed, 2 bad input, 130 and 143 stopped.

            Examples:
              arow analyze runs/arow
              arow analyze runs/trades --against runs/arow --limit 2000
              arow analyze runs/arow --split train --limit 5000 --attack pgd100 --landscape 0
              arow analyze model.pt --dataset folder --data-dir images --epsilons 0,1/255,2/255,4/255
            """) { model, output, resume, json };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            return StopSignals.RunCancellable(signals => ProcessJob.Share(parsed.Tokens.Select(t => t.Value), group =>
            {
                var (request, work) = group.Together(() =>
                    Request.Read(parsed, parsed.GetValue(model)!, settings, parsed.GetValue(output), parsed.GetValue(resume), group));
                using (work) return Analyze(request, work, parsed.GetValue(json), signals);
            }));
        });
        return command;
    }

    private static int Analyze(Request request, SharedWork? work, bool json, StopSignals signals)
    {
        ArowRuntime.Initialize();
        if (request.Target.Options.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        // An analysis that is shared takes the place only to write: its journal beside it shows that the disk can be written.
        using var place = work is null ? request.Folder.Begin() : null;
        using var images = request.Target.Images(request.Target.Options.Split);
        work?.Share(images, warning => Messages.Warn(warning));
        var display = new AnalysisDisplay(request.Target.Inspect(request.Target.Options.Split, images));
        if (work is not null) signals.Left = "finished batches are kept: the same command with --resume continues";
        var run = request.Run with { Observer = display, OpenJournal = work is null ? null : Open };
        var result = run.Execute(images, signals.Token);
        Messages.Erase();
        using var known = images.WithClasses([.. result.Summary.Model.Classes.Classes.Select(c => c.Name)]);
        var isWriter = true;
        if (place is not null) Write(place);
        else isWriter = work!.Write(WriteShared, signals.Token);
        Print(result.Summary);
        if (result.LeastRobust is { Files: { Count: > 0 } least } lowest)
            Results.Write($"least robust group with images: {RobustnessGroups.Name(lowest.Group)}, {least.Count}, the least robust first: "
                + $"{SkippedFiles.JoinFirst(least)} (all in rows.tsv)");
        Results.WriteHeadline(Headline(result.Summary));
        Results.Write($"report in {Path.Combine(request.Folder.Path, "report.html")}{(isWriter ? "" : ", by the process that ended first")}");
        if (json) Console.WriteLine(result.Summary.ToJsonLine());
        return 0;

        EvaluationJournal Open(EvaluationIdentity identity)
        {
            var journal = work.Open(identity);
            if (work.IsShared) Messages.Note("another process is at work here: each computes batches that no other has");
            return journal;
        }

        void WriteShared()
        {
            using var shared = request.Folder.Begin();
            Write(shared);
        }

        void Write(AtomicFolder to) => request.Folder.Write(to, result, folder => AnalysisReport.Create(result, known).Write(folder));
    }

    /// <summary>The number that matters, in a line.</summary>
    private static string Headline(AnalysisSummary s)
    {
        var (natural, robust) = (s.Model.Bound.Natural, s.Model.Bound.Robust);
        return $"robust accuracy {SummaryTable.Percent(1 - robust.Value)} ({SummaryTable.Percent(1 - robust.Interval[1])} – "
            + $"{SummaryTable.Percent(1 - robust.Interval[0])}) under {s.Model.Subject.Norm} {s.Model.Subject.Epsilon}; "
            + $"clean {SummaryTable.Percent(1 - natural.Value)}{(s.Against is null ? "" : " (model A)")}";
    }

    private static void Print(AnalysisSummary s)
    {
        (string, ModelFindings)[] models = s.Against is { } other ? [("A", s.Model), ("B", other)] : [("model", s.Model)];
        string[] others = s.Comparison is null ? [] : ["B correct", "B wins", "B loses"];
        FittedTable.Write(["group", "images", "share", "correct", "under attack", .. others], s.Model.Groups.Select((g, i) => (string[])
        [
            RobustnessGroups.Name(g.Group), $"{g.N}", SummaryTable.Percent(g.Share.Value), $"{g.Right}", $"{g.Robust}",
            .. s.Comparison?.ByFirst[i] is { } c ? (string[])[$"{c.Second}", $"{c.Wins}", $"{c.Losses}"] : [],
        ]), ["share", .. others.Take(1), "images", "correct"]);
        FittedTable.Write(["risk of", "R_nat", "R_rob", "ARoW's bound", "smooth form", "TRADES' bound"], models.Select(m => (string[])
        [
            m.Item1, .. ((Estimate[])[m.Item2.Bound.Natural, m.Item2.Bound.Robust, m.Item2.Bound.Arow, m.Item2.Bound.Smooth, m.Item2.Bound.Trades])
                .Select(e => SummaryTable.Percent(e.Value)),
        ]), "smooth form", "TRADES' bound");
        foreach (var remark in s.Remarks) Results.Write($"note: {remark}");
        foreach (var (name, m) in models)
        {
            if (m.Classes is { BalancedClean: { } clean, BalancedRobust: { } robust })
                Results.Write($"{name}: balanced accuracy, the mean over the classes, {SummaryTable.Percent(clean.Value)} "
                    + $"({SummaryTable.Percent(clean.Interval[0])} – {SummaryTable.Percent(clean.Interval[1])}) clean, "
                    + $"{SummaryTable.Percent(robust.Value)} ({SummaryTable.Percent(robust.Interval[0])} – "
                    + $"{SummaryTable.Percent(robust.Interval[1])}) under attack");
        }
        foreach (var (name, m) in models)
            Results.Write($"{name}: {m.Subject.Weights}; worst class {Printable.Escape(m.Classes.WorstClean)} clean, "
                + $"{Printable.Escape(m.Classes.WorstRobust)} under attack");
        Results.Write($"{s.Attack}, {s.Model.Subject.Norm} {s.Model.Subject.Epsilon}; {s.N} {s.Split} images of {s.Model.Subject.Dataset}; "
            + "R_rob ≤ ARoW's ≤ smooth and ARoW's ≤ TRADES' hold for every image");
    }

    /// <summary>A validated request: all errors are found before any work.</summary>
    private sealed record Request(AnalysisRun Run, Target<AnalysisOptions> Target, AnalysisFolder Folder)
    {
        /// <summary>Reads the request, and the work for it if processes share it or it is resumed.</summary>
        public static (Request Request, SharedWork? Work) Read(
            ParseResult parsed, string model, SettingOptions<AnalysisOptions> settings, string? output, bool resume, ProcessGroup group)
        {
            var problems = new List<string>();
            var target = Target<AnalysisOptions>.Read(model, settings, parsed, problems);
            var options = target.Options;
            if (options.Against is { } against) options = options with { Against = Cli.Target.Locate(against, problems).Weights };
            var folder = new AnalysisFolder(output
                ?? Path.Combine(Directory.Exists(model) ? model : ".", options.Split == Split.Train ? "analysis-train" : "analysis"));
            if (folder.Error is { } problem) problems.Add($"--output {problem}");
            var (work, isShared) = (new SharedWork(folder.Path, resume, group), resume || !group.IsSingle);
            if ((isShared ? work.Validate() : work.ValidateUnshared()) is { } occupied) problems.Add(occupied);
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return (new Request(
                new AnalysisRun(target.Weights, options)
                {
                    Probes = Directory.Exists(model) ? new Training.RunFolder(model).Probes : null, Open = Cli.Target.Open,
                },
                target, folder), isShared ? work : null);
        }
    }
}
