using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Evaluation;
using Arow.Reports;
using Arow.Runtime;
using Arow.Training;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow evaluate</c>: weights, attacks, a folder of rows and a summary.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var settings = new SettingOptions<EvaluationOptions>(EvaluationSettings.All);
        var model = Target.Model();
        var output = Text("--output", "DIR", "folder for rows.tsv and summary.json [MODEL/evaluation-<attack>]");
        var resume = Flag("--resume", "resume or join the evaluation in --output; start it if there is none");
        var json = JsonFlag();
        var save = Text("--save-adversarial", "DIR|FILE.npz", "keep the adversarial images: PNG within the threat model, or exact values [none]");

        var command = new Command("evaluate", """
            Evaluate the accuracy of a classifier without and under attacks.

            Finished batches are kept in the folder: after a stop or a kill, the same command with --resume continues.
            While it runs, other processes with the same command share the work, on any machine that sees the folder;
            so do those that mpirun starts, without --resume.
            Exit codes: 0 done, 1 failed, 2 bad input, 3 under --fail-under or
            --fail-under-balanced, 130 and 143 stopped.

            Examples:
              arow evaluate runs/arow --attack pgd20
              arow evaluate runs/arow --attack autoattack --limit 1000 --resume
              arow evaluate runs/arow --attack fgsm,pgd100 --epsilon 4/255 --stop-below 0.40
              arow evaluate weights.safetensors --dataset cifar10 --data-dir data/cifar10 --fail-under 0.45 --json
            """) { model, output, resume, json, save };
        MessageOptions.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var resumeCommand = string.Join(' ',
                parsed.Tokens.Select(t => QuoteArgument(t.Value)).Where(t => t != "--resume").Append("--resume").Prepend("arow"));
            return StopSignals.RunCancellable(signals => ProcessJob.Share(parsed.Tokens.Select(t => t.Value), group =>
            {
                var request = group.Together(() => Request.Read(parsed, parsed.GetValue(model)!, settings, parsed.GetValue(output),
                    parsed.GetValue(resume), group.IsFirst ? parsed.GetValue(save) : null));
                return Evaluate(request with { Run = request.Run with { Group = group, Warned = warning => Messages.Warn(warning) } },
                    parsed.GetValue(json), resumeCommand, signals);
            }));
        });
        return command;
    }

    private static int Evaluate(Request request, bool json, string resumeCommand, StopSignals signals)
    {
        const int BelowThreshold = 3;
        ArowRuntime.Initialize();
        if (request.Target.Options.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        using var display = new EvaluationDisplay();
        using var images = request.Target.Images(Split.Test);
        display.ReportFirst(request.Target.Inspect(Split.Test, images));
        var folder = new EvaluationFolder(request.Output);
        signals.StopsAfter = "batch";
        signals.Left = $"finished batches are kept. To resume: {resumeCommand}";
        var summary = (request.Run with { Observer = display }).Execute(images, folder, signals.Token);
        display.Finish();
        if (display.HasResults) EvaluationReport.FromFolder(folder, display.Examples).Write(folder.Path);
        SummaryTable.Print(summary);
        Results.WriteHeadline(SummaryTable.Headline(summary));
        Results.Write($"report in {Path.Combine(folder.Path, "report.html")}{(display.HasResults ? "" : ", by the process that ended first")}");
        if (json) Console.WriteLine(summary.ToJsonLine());
        var failed = 0;
        foreach (var reason in Failures(summary, request))
        {
            Messages.Error($"arow: {reason}", colour: Ansi.Bad);
            failed = BelowThreshold;
        }
        if (failed == 0)
        {
            foreach (var gate in Passed(summary, request)) Messages.Note($"passed: {gate}", colour: Ansi.Good);
        }
        return failed;
    }

    /// <summary>Returns the reasons why the model does not pass, one a line.</summary>
    private static IEnumerable<string> Failures(EvaluationSummary summary, Request request)
    {
        if (summary.RobustInterval[0] < request.Target.Options.FailUnder) yield return Under("robust accuracy", summary.RobustAccuracy,
            summary.RobustInterval[0], $"--fail-under {request.Target.Options.FailUnder}");
        if ((request.Target.Options.FailUnder ?? request.Target.Options.FailUnderBalanced) is null) yield break;
        if (summary.IsConstant) yield return "the model predicts the same class for all or nearly all images (constant-prediction): it passes no "
            + "gate";
        if (request.Target.Options.FailUnderBalanced is null) yield break;
        if (summary.BalancedRobustInterval![0] < request.Target.Options.FailUnderBalanced)
            yield return Under("balanced robust accuracy", summary.BalancedRobustAccuracy!.Value, summary.BalancedRobustInterval[0],
                $"--fail-under-balanced {request.Target.Options.FailUnderBalanced}");
        else if (summary.EndedEarly is not null) yield return "the evaluation ended early: it is unknown whether balanced robust accuracy "
            + "passes --fail-under-balanced";

        static string Under(string what, double accuracy, double low, FormattableString bar) => string.Create(CultureInfo.InvariantCulture,
            $"{what} is {accuracy:f4}, with 95 % confidence at least {low:f4}: under {bar.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>The gates that were passed, a line each.</summary>
    private static IEnumerable<string> Passed(EvaluationSummary summary, Request request)
    {
        if (request.Target.Options.FailUnder is { } least)
            yield return Over("robust accuracy", summary.RobustAccuracy, summary.RobustInterval[0], $"--fail-under {least}");
        if (request.Target.Options.FailUnderBalanced is { } balanced)
            yield return Over("balanced robust accuracy", summary.BalancedRobustAccuracy!.Value, summary.BalancedRobustInterval![0],
                $"--fail-under-balanced {balanced}");

        static string Over(string what, double accuracy, double low, FormattableString bar) => string.Create(CultureInfo.InvariantCulture,
            $"{what} is {accuracy:f4}, with 95 % confidence at least {low:f4}: not under {bar.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Quotes an argument for a shell.</summary>
    private static string QuoteArgument(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,=:+@%".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";

    /// <summary>A validated request: all errors are found before any work.</summary>
    private sealed record Request(EvaluationRun Run, Target<EvaluationOptions> Target, string Output)
    {
        public static Request Read(ParseResult parsed, string model, SettingOptions<EvaluationOptions> settings, string? output, bool resume,
            string? saved)
        {
            var problems = new List<string>();
            var target = Target<EvaluationOptions>.Read(model, settings, parsed, problems);
            problems.AddRange(target.Options.ValidateNorms());
            var surrogate = target.Options.Surrogate is { } path ? RunFolder.ResolveWeights(path) : null;
            if (surrogate is not null
                && !File.Exists(surrogate)) problems.Add($"--surrogate {target.Options.Surrogate}: no such run folder or file");

            var attacks = settings.GetSpecified(parsed).Where(g => g.Name == "attack").Select(g => g.Value).FirstOrDefault("pgd20");
            output ??= Path.Combine(Directory.Exists(model) ? model : ".",
                $"evaluation-{string.Join('-', attacks.Split(',', StringSplitOptions.TrimEntries))}");
            if (new EvaluationFolder(output).Validate(resume) is { } error) problems.Add($"--output {error}");
            if (saved is not null && AdversarialImages.Validate(saved) is { } taken) problems.Add($"--save-adversarial {taken}");
            if (saved is not null && target.Options.Attacks.Count == 0) problems.Add("--save-adversarial needs an attack");
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return new Request(new EvaluationRun(target.Weights, target.Options with { Surrogate = surrogate })
            {
                Resume = resume,
                SaveAdversarial = saved,
                Open = Cli.Target.Open
            }, target, output);
        }
    }
}
