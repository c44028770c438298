using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Models;
using Arow.Training;
using static Arow.Cli.TextOption;

namespace Arow.Cli;

/// <summary>What a command measures: a model, images, perturbations; and how the work is done.</summary>
internal sealed class TargetOptions
{
    private const int DefaultBatch = 250;

    private readonly Argument<string> model = new("MODEL") { Description = "run folder, weights (.safetensors), or anybody's model: TorchScript, PyTorch state dict (.pt, .pth), ONNX" };
    private readonly Option<string?> architecture = Text("--model", "NAME", "architecture, where the weights do not say it");
    private readonly Option<string?> dataset = Text("--dataset", "NAME", $"data set [the run's]: {Catalog.Names(Catalog.DataSets)}");
    private readonly Option<string?> dataDir = Text("--data-dir", "DIR", "folder that holds its files [the run's]");
    private readonly Option<string?> norm = Text("--norm", "linf|l2|l1", "norm of the perturbations; another than the run's needs --epsilon [the run's, or linf]");
    private readonly Option<string?> epsilon = Text("--epsilon", "8/255", "their size, on pixels in [0, 1] [the run's, or 8/255]");
    private readonly Option<string?> limit = Text("--limit", "N", "take N images, drawn by the seed [all]");
    private readonly Option<string?> batchSize = Text("--batch-size", "N", $"images at a time; no influence on keyed results [{DefaultBatch}]");
    private readonly Option<string?> seed = Text("--seed", "N", "seed of the attacks and the drawing [0]");
    private readonly Option<string?> threads = Text("--threads", "N", "threads of libtorch [one a core]");
    private readonly Option<string?> device = Text("--device", "cpu|cuda", "where to run [cpu]");

    /// <summary>What was given, or follows from the run.</summary>
    /// <param name="Model">As it was written.</param>
    /// <param name="Weights">Its file.</param>
    /// <param name="Architecture">Null to take the file's word.</param>
    /// <param name="Dataset">In the Catalog.</param>
    /// <param name="DataDir">Where its files are.</param>
    /// <param name="Threat">The perturbations.</param>
    /// <param name="Limit">Images to draw; null for all.</param>
    /// <param name="BatchSize">Images at a time.</param>
    /// <param name="Seed">Of attacks and drawing.</param>
    /// <param name="Threads">Of libtorch.</param>
    /// <param name="Device">cpu or cuda.</param>
    internal sealed record Given(
        string Model, string Weights, string? Architecture, string Dataset, string? DataDir, ThreatModel Threat,
        int? Limit, int BatchSize, int Seed, int? Threads, string Device)
    {
        public ImageSet Images(Split split)
        {
            using var some = Catalog.Find("dataset", Dataset, Catalog.DataSets).Load(split, DataDir, Limit, Seed);
            return some.To(TrainingRun.FindDevice(Device));
        }

        /// <summary>What is in the images, and which of them are also among those that a model may have been trained on.</summary>
        /// <param name="split">Which half they are of.</param>
        /// <param name="images">As <see cref="Images"/> gave them.</param>
        public DataInspection Inspect(Split split, ImageSet images)
        {
            var inspection = new DataInspection();
            var data = Catalog.Find("dataset", Dataset, Catalog.DataSets);
            if (data.IsGenerated) return inspection;
            if (split == Split.Test)
            {
                try
                {
                    using var train = data.Load(Split.Train, DataDir);
                    if ((train.Channels, train.Height, train.Width) == (images.Channels, images.Height, images.Width)) inspection.Add("train", train);
                }
                catch (InputException fault)
                {
                    inspection.Remark($"not compared with training images: {fault.Message}");
                }
            }
            inspection.Add(NamedValue.Of(split), images);
            return inspection;
        }
    }

    public void AddTo(Command command)
    {
        command.Add(model);
        foreach (var option in (Option[])[architecture, dataset, dataDir, norm, epsilon, limit, batchSize, seed, threads, device]) command.Add(option);
    }

    /// <summary>Reads them, with every fault told to a list.</summary>
    public Given Read(ParseResult parsed, List<string> problems)
    {
        var (weights, begun) = Locate(parsed.GetValue(model)!, problems);
        var set = parsed.GetValue(dataset) ?? begun?.Dataset;
        if (set is null) problems.Add($"--dataset is missing, and no run folder says it; known are {Catalog.Names(Catalog.DataSets)}");
        Add(Catalog.Unknown("dataset", set, Catalog.DataSets));
        Add(Architectures.Unknown("model", parsed.GetValue(architecture)));

        var threat = (begun?.Threat ?? ThreatModel.Default).With(
            Choice<Norm>(norm.Name, parsed.GetValue(norm), problems), Size(epsilon.Name, parsed.GetValue(epsilon), problems));
        if (parsed.GetValue(epsilon) is null || Ratio.Parse(parsed.GetValue(epsilon)!) is not null) Add(threat.Fault(epsilon.Name));
        var threadCount = ThreadCount(parsed.GetValue(threads), problems);
        var where = parsed.GetValue(device) ?? "cpu";
        CheckDevice(where, problems);
        return new Given(
            parsed.GetValue(model)!, weights, parsed.GetValue(architecture), set ?? "", parsed.GetValue(dataDir) ?? begun?.DataDir, threat,
            Whole(limit), Whole(batchSize) ?? DefaultBatch, Whole(seed, least: int.MinValue) ?? 0, threadCount, where);

        void Add(string? problem)
        {
            if (problem is not null) problems.Add(problem);
        }

        int? Whole(Option<string?> option, int least = 1) => WholeNumber(option.Name, parsed.GetValue(option), problems, least);
    }

    /// <summary>A whole number; null where none was given or it is none, which is told.</summary>
    public static int? WholeNumber(string name, string? text, List<string> problems, int least = 1)
    {
        if (text is null) return null;
        if (int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least) return value;
        problems.Add($"{name} '{text}' is not a whole number{(least > int.MinValue ? $" from {least} up" : "")}");
        return null;
    }

    /// <summary>A number of threads; null where none was given or it is none, which is told.</summary>
    public static int? ThreadCount(string? text, List<string> problems)
    {
        var count = WholeNumber("--threads", text, problems);
        if (count > LibTorch.MostThreads) problems.Add($"--threads {count} is more than {LibTorch.MostThreads}");
        return count;
    }

    /// <summary>Tells it where a device is none.</summary>
    public static void CheckDevice(string device, List<string> problems)
    {
        if (device is not ("cpu" or "cuda")) problems.Add($"--device '{device}' is unknown; known are cpu cuda");
    }

    /// <summary>A size of perturbations; null where none was given or it is no number, which is told.</summary>
    public static Ratio? Size(string name, string? text, List<string> problems)
    {
        if (text is null) return null;
        if (Ratio.Parse(text) is { } size) return size;
        problems.Add($"{name} '{text}' is not a number from 0 up, such as 8/255 or 0.03");
        return null;
    }

    /// <summary>One of the names of an enumeration; null where none was given or it is none of them, which is told.</summary>
    public static T? Choice<T>(string name, string? text, List<string> problems) where T : struct, Enum
    {
        if (text is null) return null;
        if (NamedValue.Parse<T>(text) is { } choice) return choice;
        problems.Add($"{name} '{text}' is unknown; known are {string.Join(' ', NamedValue.Known<T>())}");
        return null;
    }

    /// <summary>The weights of a run folder and its run file, or a file as it is.</summary>
    public static (string Weights, TrainingOptions? Begun) Locate(string model, List<string> problems)
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
