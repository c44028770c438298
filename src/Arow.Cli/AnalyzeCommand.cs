using System.CommandLine;
using System.Globalization;
using Arow.Analysis;
using Arow.Data;
using Arow.Models;
using Arow.Reports;
using Spectre.Console;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary><c>arow analyze</c>: which images are robust and why, for any model that gives gradients.</summary>
internal static class AnalyzeCommand
{
    private const int DefaultLandscape = 500;

    /// <summary>The curve over ε, in parts of the given one.</summary>
    private static readonly double[] Parts = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];
    private static readonly int[] DefaultSteps = [0, 1, 2, 5, 10, 20, 50];

    public static Command Create()
    {
        var target = new TargetOptions();
        var about = new ModelOptions();
        var own = new Own();
        var json = new Option<bool>("--json") { Description = "print one JSON object as the last line of standard output" };
        var command = new Command("analyze", """
            Show which images a classifier is robust on, what its risks are bounded by, and where it is weak.

            Every image is attacked, and put into a group by the probability of its class under attack. The folder gets the
            table of images (rows.tsv), pictures of the groups, the bound of the ARoW paper, classes and confusion, accuracy
            against the size of perturbations and steps, the loss around images, and the course of training where the run
            was trained with --watch.

            Examples:
              arow analyze runs/arow
              arow analyze runs/trades --against runs/arow --limit 2000
              arow analyze runs/arow --split train --limit 5000 --attack pgd100 --landscape 0
              arow analyze model.pt --dataset folder --data-dir images --epsilons 0,1/255,2/255,4/255
            """) { json };
        target.AddTo(command);
        own.AddTo(command);
        about.AddTo(command, surrogates: false);
        command.SetAction(parsed =>
        {
            var request = Request.Read(parsed, target, own, about);
            return StopSignals.Heeded(signals => Analyze(request, parsed.GetValue(json), signals));
        });
        return command;
    }

    private static int Analyze(Request request, bool json, StopSignals signals)
    {
        ArowRuntime.Initialize();
        if (request.Target.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        using var place = request.Folder.Begin();
        using var images = request.Target.Images(request.Run.Split);
        var inspection = request.Target.Inspect(request.Run.Split, images);
        var line = new ProgressLine();
        var stage = "";
        AnalysisResult result;
        try
        {
            result = (request.Run with { Progressed = Show }).Execute(images, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            line.Clear();
            Console.Error.WriteLine("stopped; nothing was written");
            throw;
        }
        line.Clear();
        using var known = images.Named([.. result.Summary.Model.Classes.Classes.Select(c => c.Name)]);
        request.Folder.Write(place, result, folder => AnalysisReport.Of(result, known).Write(folder));
        Print(result.Summary);
        Console.WriteLine($"report in {Path.Combine(request.Folder.Path, "report.html")}");
        if (json) Console.WriteLine(result.Summary.ToJsonLine());
        return 0;

        void Show(AnalysisProgress p)
        {
            if (stage.Length == 0)
            {
                foreach (var said in DataLines.Of(inspection, whole: false, "data: ", Console.IsErrorRedirected)) line.Say(said);
            }
            // Each stage is told once where there is no terminal, then as often as anything else.
            if (p.Stage != stage && Console.IsErrorRedirected) Console.Error.WriteLine($"{p.Stage} …");
            stage = p.Stage;
            var left = TimeSpan.FromSeconds(p.Elapsed.TotalSeconds / p.Done * (p.Total - p.Done));
            line.Renew(() => $"{p.Stage,-20} {ProgressLine.Bar((double)p.Done / p.Total)} {p.Done}/{p.Total}  {ProgressLine.Time(left)} left");
        }
    }

    private static void Print(AnalysisSummary s)
    {
        (string, ModelFindings)[] models = s.Against is { } other ? [("A", s.Model), ("B", other)] : [("model", s.Model)];
        var groups = new Spectre.Console.Table().RoundedBorder().AddColumns("group", "images", "share", "right as they are", "right under attack");
        if (s.Comparison is not null) groups.AddColumns("B right", "B wins", "B loses");
        foreach (var (i, g) in s.Model.Groups.Index())
        {
            string[] more = s.Comparison?.ByFirst[i] is { } c ? [$"{c.Second}", $"{c.Wins}", $"{c.Losses}"] : [];
            groups.AddRow([RobustnessGroups.Name(g.Group), $"{g.N}", Percent(g.Share.Value), $"{g.Right}", $"{g.Robust}", .. more]);
        }
        AnsiConsole.Write(groups);
        var bound = new Spectre.Console.Table().RoundedBorder().AddColumns(["risk of", "R_nat", "R_rob", "ARoW's bound", "smooth form", "TRADES' bound"]);
        foreach (var (name, m) in models)
            bound.AddRow([name, .. ((Estimate[])[m.Bound.Natural, m.Bound.Robust, m.Bound.Arow, m.Bound.Smooth, m.Bound.Trades]).Select(e => Percent(e.Value))]);
        AnsiConsole.Write(bound);
        foreach (var remark in s.Remarks) Console.WriteLine($"note: {remark}");
        foreach (var (name, m) in models)
        {
            if (m.Classes is { BalancedClean: { } clean, BalancedRobust: { } robust })
                Console.WriteLine($"{name}: balanced accuracy, the mean over the classes, {Percent(clean.Value)} ({Percent(clean.Interval[0])} – {Percent(clean.Interval[1])}) as they are, {Percent(robust.Value)} ({Percent(robust.Interval[0])} – {Percent(robust.Interval[1])}) under attack");
        }
        foreach (var (name, m) in models)
            Console.WriteLine($"{name}: {m.Subject.Weights}; worst class {m.Classes.WorstClean} as they are, {m.Classes.WorstRobust} under attack");
        Console.WriteLine($"{s.Attack}, {s.Model.Subject.Norm} {s.Model.Subject.Epsilon}; {s.N} {s.Split} images of {s.Model.Subject.Dataset}; R_rob ≤ ARoW's ≤ smooth and ARoW's ≤ TRADES' hold for every image");
    }

    private static string Percent(double share) => share.ToString("p1", CultureInfo.InvariantCulture);

    /// <summary>The options that no other command has.</summary>
    private sealed class Own
    {
        public Option<string?> Against { get; } = Text("--against", "OTHER", "a second model to hold it against on the same images, run folder or file");
        public Option<string?> AgainstModel { get; } = Text("--against-model", "NAME", "its architecture, where its weights do not say it");
        public Option<string?> Split { get; } = Text("--split", "train|test", "which half of the data set [test]");
        public Option<string?> Attack { get; } = Text("--attack", "NAME", $"one of: {Catalog.Names(Catalog.Attacks)} [pgd20]");
        public Option<string?> Landscape { get; } = Text("--landscape", "N", $"images of the curves and the loss surface, drawn by the seed; 0 to do without [{DefaultLandscape}]");
        public Option<string?> Epsilons { get; } = Text("--epsilons", "0,4/255,…", "sizes of perturbations to measure accuracy at [0 to 8 times epsilon]");
        public Option<string?> Steps { get; } = Text("--steps", "1,10,…", $"steps of the attack to measure accuracy at [{string.Join(',', DefaultSteps)}]");
        public Option<string?> Output { get; } = Text("--output", "DIR", "folder for the report and the tables [MODEL/analysis, or analysis-train]");

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[Against, AgainstModel, Split, Attack, Landscape, Epsilons, Steps, Output]) command.Add(option);
        }
    }

    /// <summary>What is to be analysed, every fault of it found before any work.</summary>
    private sealed record Request(AnalysisRun Run, TargetOptions.Given Target, AnalysisFolder Folder)
    {
        public static Request Read(ParseResult parsed, TargetOptions targeted, Own own, ModelOptions about)
        {
            var problems = new List<string>();
            var target = targeted.Read(parsed, problems);
            var attack = parsed.GetValue(own.Attack) ?? "pgd20";
            Add(Catalog.Unknown("attack", attack, Catalog.Attacks) ?? Catalog.Unfit(attack, target.Threat.Norm));
            var split = parsed.GetValue(own.Split) ?? "test";
            if (split is not ("train" or "test")) problems.Add($"--split '{split}' is unknown; known are train test");
            var other = parsed.GetValue(own.Against) is { } against ? TargetOptions.Locate(against, problems).Weights : null;
            if (Architectures.Unknown("model", parsed.GetValue(own.AgainstModel)) is { } unknown) problems.Add($"--against-model: {unknown}");
            if (other is null && parsed.GetValue(own.AgainstModel) is not null) problems.Add("--against-model needs --against");

            var landscape = TargetOptions.WholeNumber("--landscape", parsed.GetValue(own.Landscape), problems, least: 0) ?? DefaultLandscape;
            var epsilons = Epsilons(parsed.GetValue(own.Epsilons), target, problems);
            var steps = Steps(parsed.GetValue(own.Steps), problems);
            if (landscape == 0 && (parsed.GetValue(own.Epsilons) ?? parsed.GetValue(own.Steps)) is not null)
                problems.Add("--landscape 0 leaves out the curves that --epsilons and --steps are for");
            var said = about.Read(parsed, problems);

            var output = parsed.GetValue(own.Output) ?? Path.Combine(Directory.Exists(target.Model) ? target.Model : ".", split == "train" ? "analysis-train" : "analysis");
            var folder = new AnalysisFolder(output);
            Add(folder.Problem is { } problem ? $"--output {problem}" : null);
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return new Request(
                new AnalysisRun(
                    new AnalysedModel(target.Weights, target.Architecture, said.Key, said.Normalization) { ClassNames = said.ClassNames }, attack, target.Threat, target.BatchSize, target.Seed)
                {
                    Against = other is null ? null : new AnalysedModel(other, parsed.GetValue(own.AgainstModel)),
                    Split = split == "train" ? Split.Train : Split.Test,
                    Landscape = landscape, Epsilons = epsilons, Steps = steps,
                    Watched = Directory.Exists(target.Model) ? new Training.RunFolder(target.Model).Watched : null,
                    Open = ModelOptions.Open,
                },
                target, folder);

            void Add(string? fault)
            {
                if (fault is not null) problems.Add(fault);
            }
        }

        private static IReadOnlyList<Ratio> Epsilons(string? text, TargetOptions.Given target, List<string> problems)
        {
            if (text is null) return [.. Parts.Select(part => target.Threat.Size.Times(part)).Where(e => Fault(e) is null)];
            List<Ratio> sizes = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(t => TargetOptions.Size("--epsilons", t, problems)).OfType<Ratio>()];
            problems.AddRange(sizes.Select(Fault).OfType<string>());
            return sizes;

            string? Fault(Ratio size) => target.Threat.With(null, size).Fault("--epsilons");
        }

        private static IReadOnlyList<int> Steps(string? text, List<string> problems) =>
            text is null ? DefaultSteps : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(t => TargetOptions.WholeNumber("--steps", t, problems, least: 0)).OfType<int>()];
    }
}
