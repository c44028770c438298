using System.CommandLine;
using System.Globalization;
using Arow.Data;
using Arow.Export;
using Arow.Inference;
using Arow.IO;
using Arow.Onnx;
using Arow.Options;
using Arow.Runtime;
using Arow.Training;
using TorchSharp;
using static Arow.Cli.CommandOption;

namespace Arow.Cli;

/// <summary><c>arow export</c>: writes a trained network for other tools.</summary>
internal static class ExportCommand
{
    /// <summary>
    /// The images that check an exported file, and the tolerance of its logits, relative to the largest: float32 sums in another order differ
    /// by some 1e-6 a layer.
    /// </summary>
    private const int CheckedImages = 32;
    private const double Tolerance = 1e-4;

    private static readonly string[] Formats = ["onnx", "pytorch", "safetensors"];

    public static Command Create()
    {
        var model = new Argument<string>("MODEL")
        {
            Description = "run folder, weights (.safetensors), or a PyTorch state dict (.pt, .pth) of an architecture of Arow",
        };
        var format = RequiredText("--format", "onnx|pytorch|safetensors", "onnx: the function, for ONNX Runtime; pytorch: a state dict for "
            + "torch.load; safetensors: weights with notes, for Arow and others");
        var output = RequiredText("--output", "FILE", "file to write; never left incomplete");
        var keep = Flag("--keep-batch-norm", "onnx: keep batch norm layers instead of folding them into the preceding convolutions");
        var probabilities = Flag("--probabilities", "onnx: add a second output, the softmax of the logits");
        var settings = new SettingOptions<ExportOptions>(StandaloneOptions.Rows<ExportOptions>());
        var command = new Command("export", """
            Write a trained network for other tools.

            ONNX files take images [N, C, H, W] in [0, 1], any number of them, and give
            logits [N, K]; the normalisation of pixels is inside. They are checked with
            ONNX Runtime before they are saved.

            Examples:
              arow export runs/photos --format onnx --output photos.onnx
              arow export runs/photos --format pytorch --output photos.pth
              arow export model.pt --model resnet18 --input 3x32x32 --classes 10 --format onnx --output model.onnx
            """) { model, format, output, keep, probabilities };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            var problems = new List<string>();
            var options = settings.Read(parsed, new ExportOptions(), problems);
            problems.AddRange(options.Validate("--"));
            var (kind, file) = (parsed.GetValue(format)!, parsed.GetValue(output)!);
            if (!Formats.Contains(kind)) problems.Add($"--format '{kind}' is unknown{Suggestion.Known(kind, Formats)}");
            if (kind != "onnx" && (parsed.GetValue(keep) || parsed.GetValue(probabilities))) problems.Add(
                $"--keep-batch-norm and --probabilities apply to ONNX files, not to {kind}");
            if (OutputPath.ValidateFile(file) is { } fault) problems.Add($"--output {file} {fault}");
            var (_, begun) = Target.Locate(parsed.GetValue(model)!, problems);
            if (problems.Count > 0) throw new InputException(string.Join("; ", problems));
            ArowRuntime.Initialize();
            using var opened = Predictor.Open(parsed.GetValue(model)!, options.PredictorOptions);
            var network = opened.Network ?? throw new InputException(
                $"{parsed.GetValue(model)}: is a TorchScript or ONNX program, not an architecture of Arow; "
                    + $"convert it with the tool that made it");
            foreach (var remark in opened.Remarks) Messages.Warn(remark);
            var names = opened.AreClassesNamed ? opened.Classes : null;
            switch (kind)
            {
                case "onnx":
                    OnnxExport.Write(
                        file, network, new OnnxExportOptions
                        {
                            KeepBatchNorm = parsed.GetValue(keep), Probabilities = parsed.GetValue(probabilities),
                            ClassNames = names,
                            Metadata = opened.Metadata.Where(note => note.Key == Checkpoints.ModelMetadata.ImageResizingKey).ToDictionary(),
                        },
                        written => Check(written, file, opened, begun));
                    break;
                case "pytorch":
                    TorchExport.Write(file, network);
                    if (!network.Normalization.IsIdentity)
                        Messages.Warn(
                            $"a state dict contains no normalization: apply (x - mean) / std to images first, with mean "
                                + $"{Models.Normalization.Format(network.Normalization.Mean)} and std "
                                + $"{Models.Normalization.Format(network.Normalization.Std)}");
                    break;
                default:
                    Checkpoints.NetworkFile.Save(file, network, opened.Metadata, opened.Classes);
                    break;
            }
            Results.Write($"{file}: {network.Architecture}, images of {network.Input}, {network.Classes} classes");
            return 0;
        });
        return command;
    }

    private sealed record ExportOptions : StandaloneOptions;

    /// <summary>Whether ONNX Runtime computes the same function.</summary>
    private static void Check(string written, string path, Predictor opened, TrainingOptions? begun)
    {
        using var scope = torch.NewDisposeScope();
        using var frozen = torch.no_grad();
        var (images, what) = Images(opened, begun);
        using var exported = OnnxModel.Open(new Checkpoints.ModelSource(written, opened.Input, opened.Classes.Count));
        var (z, again) = (opened.Classifier(images).cpu(), (exported.Judge ?? exported.Classifier)(images.cpu()));
        var off = (z - again).abs().max().item<float>() / Math.Max(1e-6, z.abs().max().item<float>());
        var other = (z.argmax(1) != again.argmax(1)).sum().item<long>();
        if (!(off <= Tolerance)) throw new InvalidOperationException(
            string.Create(CultureInfo.InvariantCulture,
                $"{path}: logits of ONNX Runtime differ by {off:g2} of the largest; nothing was written"));
        Results.Write(string.Create(CultureInfo.InvariantCulture,
            $"checked with ONNX Runtime on {what}: logits within {off:g1} of the largest, {images.shape[0] - other} of {images.shape[0]} classes "
                + $"the same"));
    }

    /// <summary>Returns test images of the run, or generated images if it has none.</summary>
    private static (torch.Tensor Images, string What) Images(Predictor opened, TrainingOptions? begun)
    {
        if (begun?.Dataset is not null)
        {
            try
            {
                using var set = begun.DataSet.Load(Split.Test, begun.DataDir, CheckedImages, seed: 0);
                if ((set.Channels, set.Height, set.Width) == (opened.Input.Channels, opened.Input.Height, opened.Input.Width)) return (
                    ImageSet.ToPixels(set.Images), $"{set.Count} test images");
            }
            catch (InputException)
            {
                // The data may have been removed.
            }
        }
        var (c, h, w) = opened.Input;
        var pixels = torch.arange(CheckedImages * (long)c * h * w, torch.ScalarType.Float64);
        return ((0.5 + 0.5 * (0.83 * pixels + 0.4).sin()).to(torch.ScalarType.Float32).reshape(CheckedImages, c, h, w),
            $"{CheckedImages} generated images, since no test images are available");
    }
}
