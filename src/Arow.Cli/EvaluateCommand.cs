using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Evaluation;
using Arow.Reports;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary><c>arow evaluate</c>: weights, attacks, a folder of rows and a summary.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var target = new TargetOptions();
        var attack = Text("--attack", "NAME,…", $"clean, or one or more of: {Catalog.Names(Catalog.Attacks)} [pgd20]");
        var output = Text("--output", "DIR", "folder for rows.tsv and summary.json [MODEL/evaluation-<attack>]");
        var json = new Option<bool>("--json") { Description = "print one JSON object as the last line of standard output" };
        var demands = new EvaluateDemands.Options();
        var about = new ModelOptions();

        var command = new Command("evaluate", """
            Measure how well a classifier withstands attacks.

            Every batch that is done is kept in the folder: stopped or killed, the same command with --resume goes on.
            Exit codes: 0 done, 1 failed, 2 bad input, 3 under --fail-under or
            --fail-under-balanced, 130 and 143 stopped.

            Examples:
              arow evaluate runs/arow --attack pgd20
              arow evaluate runs/arow --attack autoattack --limit 1000 --resume
              arow evaluate runs/arow --attack fgsm,pgd100 --epsilon 4/255 --stop-below 0.40
              arow evaluate weights.safetensors --dataset cifar10 --data-dir data/cifar10 --fail-under 0.45 --json
            """)
        {
            attack, output, json,
        };
        target.AddTo(command);
        demands.AddTo(command);
        about.AddTo(command);
        command.SetAction(parsed =>
        {
            var request = Request.Read(parsed, target, demands, about, parsed.GetValue(attack), parsed.GetValue(output));
            var again = string.Join(' ', parsed.Tokens.Select(t => Quoted(t.Value)).Where(t => t != "--resume").Append("--resume").Prepend("arow"));
            return StopSignals.Heeded(signals => Evaluate(request, parsed.GetValue(json), again, signals));
        });
        return command;
    }

    private static int Evaluate(Request request, bool json, string again, StopSignals signals)
    {
        const int UnderTheBar = 3;
        ArowRuntime.Initialize();
        if (request.Target.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        using var display = new EvaluationDisplay();
        using var images = request.Target.Images(Split.Test);
        display.SayFirst(request.Target.Inspect(Split.Test, images));
        var folder = new EvaluationFolder(request.Output);
        PngFigure? examples = null;
        EvaluationSummary summary;
        try
        {
            summary = (request.Run with { Progressed = display.Show, Ticked = display.Tick, Examined = examined => examples = Examples.Draw(examined) })
                .Execute(images, folder, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            display.Say($"stopped; every batch that was done is kept. To go on: {again}");
            throw;
        }
        display.Done();
        EvaluationReport.Read(folder, examples).Write(folder.Path);
        SummaryTable.Print(summary);
        Console.WriteLine($"report in {Path.Combine(folder.Path, "report.html")}");
        if (json) Console.WriteLine(summary.ToJsonLine());
        var failed = 0;
        foreach (var reason in Failures(summary, request))
        {
            Console.Error.WriteLine($"arow: {reason}");
            failed = UnderTheBar;
        }
        return failed;
    }

    /// <summary>Why the model does not pass, a line each.</summary>
    private static IEnumerable<string> Failures(EvaluationSummary summary, Request request)
    {
        if (summary.RobustInterval[0] < request.FailUnder) yield return Under("robust accuracy", summary.RobustAccuracy, summary.RobustInterval[0], $"--fail-under {request.FailUnder}");
        if ((request.FailUnder ?? request.FailUnderBalanced) is null) yield break;
        if (summary.IsConstant) yield return "the model gives every image, or nearly every one, the same class (constant-prediction): it passes no gate";
        if (request.FailUnderBalanced is null) yield break;
        if (summary.BalancedRobustInterval![0] < request.FailUnderBalanced)
            yield return Under("balanced robust accuracy", summary.BalancedRobustAccuracy!.Value, summary.BalancedRobustInterval[0], $"--fail-under-balanced {request.FailUnderBalanced}");
        else if (summary.EndedEarly is not null) yield return "the evaluation ended early, so that nobody knows whether balanced robust accuracy passes --fail-under-balanced";

        static string Under(string what, double accuracy, double low, FormattableString bar) => string.Create(CultureInfo.InvariantCulture,
            $"{what} is {accuracy:f4}, with 95 % confidence at least {low:f4}: under {bar.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>As a shell reads it back.</summary>
    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,=:+@%".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";

    /// <summary>What is to be evaluated, every fault of it found before any work.</summary>
    private sealed record Request(EvaluationRun Run, TargetOptions.Given Target, string Output, double? FailUnder, double? FailUnderBalanced)
    {
        public static Request Read(
            ParseResult parsed, TargetOptions targeted, EvaluateDemands.Options demanded, ModelOptions about, string? attack, string? output)
        {
            var problems = new List<string>();
            var target = targeted.Read(parsed, problems);
            var attacks = (attack ?? "pgd20").Split(',', StringSplitOptions.TrimEntries).ToList();
            string[] run = [.. attacks.Where(a => a != "clean")];
            foreach (var name in run)
            {
                if ((Catalog.Unknown("attack", name, Catalog.Attacks) ?? Catalog.Unfit(name, target.Threat.Norm)) is { } problem) problems.Add(problem);
            }
            foreach (var twice in run.CountBy(a => a).Where(a => a.Value > 1)) problems.Add($"attack '{twice.Key}' is named twice: it would try the same again");
            var demands = demanded.Read(parsed, run, problems);
            var other = about.Read(parsed, problems);

            output ??= Path.Combine(Directory.Exists(target.Model) ? target.Model : ".", $"evaluation-{string.Join('-', attacks)}");
            if (new EvaluationFolder(output).Problem(demands.Resume) is { } inTheWay) problems.Add($"--output {inTheWay}");
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return new Request(
                new EvaluationRun(
                    target.Weights, target.Architecture, run, target.Threat, target.BatchSize, target.Seed)
                {
                    Budget = demands.Budget, Randomness = demands.Randomness, Precision = demands.Precision, Quantize = demands.Quantize,
                    StopBelow = demands.StopBelow, Resume = demands.Resume,
                    Key = other.Key, Normalization = other.Normalization, ClassNames = other.ClassNames, Surrogate = other.Surrogate,
                    SurrogateArchitecture = other.SurrogateArchitecture, Open = ModelOptions.Open,
                },
                target, output, demands.FailUnder, demands.FailUnderBalanced);
        }
    }
}
