using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Evaluation;
using Arow.Reports;
using Arow.Training;

namespace Arow.Cli;

/// <summary><c>arow evaluate</c>: weights, attacks, a folder of rows and a summary.</summary>
internal static class EvaluateCommand
{
    private const int DefaultBatch = 250;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "run folder, weights (.safetensors), or anybody's model: TorchScript, PyTorch state dict (.pt, .pth), ONNX" };
        var architecture = Text("--model", "NAME", "architecture, where the weights do not say it");
        var dataset = Text("--dataset", "NAME", $"data set [the run's]: {Catalog.Names(Catalog.DataSets)}");
        var dataDir = Text("--data-dir", "DIR", "folder that holds its files [the run's]");
        var attack = Text("--attack", "NAME,…", $"clean, or one or more of: {Catalog.Names(Catalog.Attacks)} [pgd20]");
        var norm = Text("--norm", "linf|l2|l1", "norm of the perturbations [the run's, or linf]");
        var epsilon = Text("--epsilon", "8/255", "their size, on pixels in [0, 1] [the run's, or 8/255]");
        var limit = Text("--limit", "N", "evaluate on N test images, drawn by the seed [all]");
        var batchSize = Text("--batch-size", "N", $"images at a time; no influence on keyed results [{DefaultBatch}]");
        var seed = Text("--seed", "N", "seed of the attacks and the drawing [0]");
        var threads = Text("--threads", "N", "threads of libtorch [one a core]");
        var device = Text("--device", "cpu|cuda", "where to run [cpu]");
        var output = Text("--output", "DIR", "folder for rows.tsv and summary.json [MODEL/evaluation-<attack>]");
        var json = new Option<bool>("--json") { Description = "print one JSON object as the last line of standard output" };
        var demands = new EvaluateDemands.Options();
        var about = new ModelOptions();

        var command = new Command("evaluate", """
            Measure how well a classifier withstands attacks.

            Every batch that is done is kept in the folder: stopped or killed, the same command with --resume goes on.
            Exit codes: 0 done, 1 failed, 2 bad input, 3 under --fail-under, 130 and 143 stopped.

            Examples:
              arow evaluate runs/arow --attack pgd20
              arow evaluate runs/arow --attack autoattack --limit 1000 --resume
              arow evaluate runs/arow --attack fgsm,pgd100 --epsilon 4/255 --stop-below 0.40
              arow evaluate weights.safetensors --dataset cifar10 --data-dir data/cifar10 --fail-under 0.45 --json
            """)
        {
            model, architecture, dataset, dataDir, attack, norm, epsilon, limit, batchSize, seed, threads, device, output, json,
        };
        demands.AddTo(command);
        about.AddTo(command);
        command.SetAction(parsed =>
        {
            var request = Request.Read(
                parsed, demands, about,
                parsed.GetValue(model)!, parsed.GetValue(architecture), parsed.GetValue(dataset), parsed.GetValue(dataDir),
                parsed.GetValue(attack), parsed.GetValue(norm), parsed.GetValue(epsilon), parsed.GetValue(limit),
                parsed.GetValue(batchSize), parsed.GetValue(seed), parsed.GetValue(threads), parsed.GetValue(device),
                parsed.GetValue(output));
            var again = string.Join(' ', parsed.Tokens.Select(t => Quoted(t.Value)).Where(t => t != "--resume").Append("--resume").Prepend("arow"));
            return StopSignals.Heeded(signals => Evaluate(request, parsed.GetValue(json), again, signals));
        });
        return command;
    }

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    private static int Evaluate(Request request, bool json, string again, StopSignals signals)
    {
        const int UnderTheBar = 3;
        LibTorch.Load();
        if (request.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        using var display = new EvaluationDisplay();
        using var images = request.Images();
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
        if (!(summary.RobustInterval[0] < request.FailUnder)) return 0;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"arow: robust accuracy is {summary.RobustAccuracy:f4}, with 95 % confidence at least {summary.RobustInterval[0]:f4}: under --fail-under {request.FailUnder}"));
        return UnderTheBar;
    }

    /// <summary>As a shell reads it back.</summary>
    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,=:+@%".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";

    /// <summary>What is to be evaluated, every fault of it found before any work.</summary>
    private sealed record Request(
        EvaluationRun Run, string Dataset, string? DataDir, int? Limit, int? Threads, string Device, string Output, double? FailUnder)
    {
        public static Request Read(
            ParseResult parsed, EvaluateDemands.Options demanded, ModelOptions about,
            string model, string? architecture, string? dataset, string? dataDir, string? attack, string? norm,
            string? epsilon, string? limit, string? batchSize, string? seed, string? threads, string? device, string? output)
        {
            var problems = new List<string>();
            var (weights, begun) = Locate(model, problems);
            dataset ??= begun?.Dataset;
            if (dataset is null) problems.Add($"--dataset is missing; known are {Catalog.Names(Catalog.DataSets)}");
            Add(Catalog.Unknown("dataset", dataset, Catalog.DataSets));
            Add(Catalog.Unknown("model", architecture, Catalog.Architectures));

            var attacks = (attack ?? "pgd20").Split(',', StringSplitOptions.TrimEntries).ToList();
            string[] run = [.. attacks.Where(a => a != "clean")];
            foreach (var name in run) Add(Catalog.Unknown("attack", name, Catalog.Attacks));
            foreach (var twice in run.CountBy(a => a).Where(a => a.Value > 1)) Add($"attack '{twice.Key}' is named twice: it would try the same again");
            var demands = demanded.Read(parsed, run, problems);
            var other = about.Read(parsed, problems);

            var threatNorm = begun?.Norm ?? Norm.Linf;
            if (norm is not null && (!Enum.TryParse(norm, ignoreCase: true, out threatNorm) || char.IsDigit(norm[0])))
                problems.Add($"--norm '{norm}' is unknown; known are linf l2 l1");
            var size = begun?.Epsilon ?? Ratio.Of(8, 255);
            if (epsilon is not null)
            {
                if (Ratio.Parse(epsilon) is { Value: >= 0 } given) size = given;
                else problems.Add($"--epsilon '{epsilon}' is not a number from 0 up, such as 8/255 or 0.03");
            }
            foreach (var name in run) Add(Catalog.Unfit(name, threatNorm));
            if (threatNorm == Norm.Linf && size.Value > 1)
                problems.Add($"--epsilon {size} exceeds 1: pixels are in [0, 1], was {size}/255 meant?");
            var number = Whole("--seed", seed, least: int.MinValue);
            var batch = Whole("--batch-size", batchSize);
            var (images, cores) = (Whole("--limit", limit), Whole("--threads", threads));
            if (device is not (null or "cpu" or "cuda")) problems.Add($"--device '{device}' is unknown; known are cpu cuda");

            output ??= Path.Combine(Directory.Exists(model) ? model : ".", $"evaluation-{string.Join('-', attacks)}");
            var folder = new EvaluationFolder(output);
            if (folder.IsTaken) problems.Add($"--output {output} is not empty and holds no evaluation; choose another");
            if (folder.IsUnfinished && !demands.Resume)
                problems.Add($"--output {output} holds an evaluation that was begun and not ended; --resume goes on with it, another --output begins a new one");
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            return new Request(
                new EvaluationRun(
                    weights, architecture, run, threatNorm, size, batch ?? DefaultBatch, number ?? 0)
                {
                    Budget = demands.Budget, Randomness = demands.Randomness, Quantize = demands.Quantize,
                    StopBelow = demands.StopBelow, Resume = demands.Resume,
                    Key = other.Key, Normalization = other.Normalization, Surrogate = other.Surrogate,
                    SurrogateArchitecture = other.SurrogateArchitecture, Open = ModelOptions.Open,
                },
                dataset!, dataDir ?? begun?.DataDir, images, cores, device ?? "cpu", output, demands.FailUnder);

            void Add(string? problem)
            {
                if (problem is not null) problems.Add(problem);
            }

            int? Whole(string name, string? text, int least = 1)
            {
                if (text is null) return null;
                if (int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least) return value;
                problems.Add($"{name} '{text}' is not a whole number{(least > 0 ? $" from {least} up" : "")}");
                return null;
            }
        }

        public ImageSet Images()
        {
            using var all = Catalog.Find("dataset", Dataset, Catalog.DataSets).Load(Split.Test, DataDir);
            using var some = all.Limit(Limit, Run.Seed);
            return some.To(TrainingRun.FindDevice(Device));
        }

        private static (string Weights, TrainingOptions? Begun) Locate(string model, List<string> problems)
        {
            if (Directory.Exists(model))
            {
                var folder = new RunFolder(model);
                if (folder.Exists && File.Exists(folder.Weights)) return (folder.Weights, RunFile.Read(folder.RunFile, []));
                problems.Add($"{model}: is no run folder with weights: {Path.GetFileName(folder.RunFile)} or {Path.GetFileName(folder.Weights)} is missing");
            }
            else if (!File.Exists(model))
            {
                problems.Add($"{model}: there is no such run folder or file");
            }
            return (model, null);
        }
    }
}
