using System.CommandLine;
using System.Globalization;
using Arow.Checkpoints;
using Arow.Classes;
using Arow.Data;
using Arow.Evaluation;
using Arow.IO;
using Arow.Options;
using Arow.Runtime;
using Arow.Training;
using TorchSharp;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow pseudo-label</c>: labels unlabelled images with a standard network.</summary>
internal static class PseudoLabelCommand
{
    private const int BatchSize = 250;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "run folder, or weights (.safetensors), of a standard network" };
        var images = RequiredText("--images", "PATH", "images: .npz, CIFAR's .bin, or a folder; existing labels are ignored");
        var output = RequiredText("--output", "FILE.npz", "file to write, for train --extra-data");
        var settings = new SettingOptions<LabelOptions>(LabelOptions.Settings);
        var command = new Command("pseudo-label", """
            Label unlabelled images, for semi-supervised training.

            Examples:
              arow train recipes/fashion-mnist-small-standard.json --output runs/standard
              arow pseudo-label runs/standard --images unlabelled/ --output extra.npz
              arow train recipes/fashion-mnist-small-arow.json --extra-data extra.npz --output runs/semi
            """) { model, images, output };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var problems = new List<string>();
            var options = settings.Read(parsed, new LabelOptions(), problems);
            return StopSignals.RunCancellable(signals =>
                Label(parsed.GetValue(model)!, parsed.GetValue(images)!, parsed.GetValue(output)!, options, problems, signals));
        });
        return command;
    }

    private static int Label(string model, string path, string output, LabelOptions options, List<string> problems, StopSignals signals)
    {
        var weights = RunFolder.ResolveWeights(model);
        if (!File.Exists(weights)) problems.Add($"{model}: is neither a run folder with weights nor a weights file");
        if (!output.EndsWith(".npz", StringComparison.Ordinal)) problems.Add($"--output {output} must end in .npz");
        if (OutputPath.ValidateFile(output) is { } fault) problems.Add($"--output {output} {fault}");
        if (problems.Count > 0) throw new InputException(string.Join("; ", problems));

        ArowRuntime.Initialize();
        using var outputLock = FolderLock.AcquireFor(output);
        var (network, notes) = NetworkFile.Load(weights);
        using (network)
        {
            network.Module.to(TrainingRun.FindDevice(options.Device));
            var given = options.ClassNames;
            if (given is not null && given.Count != network.Classes)
                throw new InputException($"--class-names: has {given.Count} names, but {weights} has {network.Classes} outputs");
            if (given is not null && ClassNames.DescribeReplacement(weights, notes.GetValueOrDefault(ClassNames.MetadataKey),
                given) is { } replaced) Messages.Warn(replaced);
            var names = given ?? NetworkFile.ReadClassNames(weights, network, notes);
            if (names is null) Messages.Warn(
                $"{weights}: has no class names; labels are the indices of its outputs (--class-names names them)");
            var input = network.Input;
            var classes = names ?? [.. Enumerable.Range(0, network.Classes).Select(i => $"{i}")];
            using var images = ExtraImages.Load(path, input.Channels, input.Height, input.Width, classes, options.Limit, options.Seed);
            using var scope = torch.NewDisposeScope();
            var line = new ProgressLine();
            DataLines.Report(images.Inspect(path, classes));
            var (labels, confidence) = PseudoLabels.Predict(
                network, images.Images, BatchSize, done => line.Update(_ => $"{done} of {images.Images.shape[0]} images"), signals.Token);
            Messages.Erase();
            var rows = (confidence >= options.MinConfidence).nonzero().flatten();
            if (rows.shape[0] == 0) throw new InputException($"no image of {path} has a class with probability {options.MinConfidence} or more");
            Npz.Write(output, images.Images.index_select(0, rows), labels.index_select(0, rows), confidence.index_select(0, rows), names);
            var counts = labels.index_select(0, rows).bincount(null, network.Classes).data<long>().ToArray();
            Results.Write(string.Create(CultureInfo.InvariantCulture,
                $"{output}: {rows.shape[0]} of {images.Images.shape[0]} images labelled, {counts.Min()} to {counts.Max()} a class, mean "
                    + $"confidence {confidence.index_select(0, rows).mean().item<float>():p1}"));
        }
        return 0;
    }

    private sealed record LabelOptions : ModelOptions
    {
        public double MinConfidence { get; init; }

        public int? Limit { get; init; }

        public long Seed { get; init; }

        public static IReadOnlyList<Setting<LabelOptions>> Settings { get; } =
        [
            Setting<LabelOptions>.Row("min-confidence", SettingUses.None, "leave out images with a probability below X", o =>
                o.MinConfidence, (o, v) => o with { MinConfidence = v }, range: Bounds.Share),
            Setting<LabelOptions>.Row("limit", SettingUses.None, "label N randomly drawn images", o => o.Limit, (o, v) =>
                o with { Limit = v }, range: Bounds.Count, unset: "all"),
            Setting<LabelOptions>.Row("seed", SettingUses.None, "seed that draws them", o => o.Seed, (o, v) => o with { Seed = v }),
            .. MeasurementSettings.Model<LabelOptions>().Where(row => row.Name is "class-names" or "device"),
        ];
    }
}
