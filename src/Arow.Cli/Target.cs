using System.CommandLine;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Onnx;
using Arow.Registry;
using Arow.Training;

namespace Arow.Cli;

/// <summary>What a command measures: a model, images, perturbations; and how the work is done.</summary>
/// <param name="Model">As it was written.</param>
/// <param name="Weights">Its file.</param>
/// <param name="Options">What was given, or follows from the run.</param>
internal sealed record Target<TOptions>(string Model, string Weights, TOptions Options) where TOptions : MeasurementOptions, new()
{
    /// <summary>Reads them, every fault added to a list.</summary>
    public static Target<TOptions> Read(string model, SettingOptions<TOptions> settings, ParseResult parsed, List<string> problems)
    {
        var (weights, begun) = Target.Locate(model, problems);
        var start = begun is null ? new TOptions()
            : new TOptions() with
            {
                Dataset = begun.Dataset,
                DataDir = begun.DataDir,
                ImageSize = begun.ImageSize,
                Threat = begun.Threat.With(null, null),
            };
        var options = settings.Read(parsed, start, problems);
        // Weights say how their photographs were resized; images of other data sets are what they are.
        var isGiven = settings.GetSpecified(parsed).Exists(given => given.Name == "image-size");
        if (options.Dataset != "folder" && !isGiven) options = options with { ImageSize = null };
        if (options is { Dataset: "folder", ImageSize: null }) options = options with { ImageSize = Target.ReadImageSize(weights) };
        if (options.Dataset is null) problems.Add($"--dataset is missing, and no run folder says it; known are {Catalog.Names(Catalog.DataSets)}");
        problems.AddRange(options.Validate("--"));
        return new(model, weights, options);
    }

    /// <summary>The images, on the device.</summary>
    public ImageSet Images(Split split)
    {
        using var some = Catalog.FindDataSet(Options.Dataset!, Options.ImageSize).Load(split, Options.DataDir, Options.Limit, Options.Seed);
        return some.To(TrainingRun.FindDevice(Options.Device));
    }

    /// <summary>What is in the images, and which of them are also among those that a model may have been trained on.</summary>
    /// <param name="split">Which half they are of.</param>
    /// <param name="images">As <see cref="Images"/> gave them.</param>
    public DataInspection Inspect(Split split, ImageSet images)
    {
        var inspection = new DataInspection();
        var data = Catalog.FindDataSet(Options.Dataset!, Options.ImageSize);
        if (data.IsGenerated) return inspection;
        if (split == Split.Test)
        {
            try
            {
                using var train = data.Load(Split.Train, Options.DataDir);
                if ((train.Channels, train.Height, train.Width) == (images.Channels, images.Height, images.Width)) inspection.Add("train", train);
            }
            catch (InputException fault)
            {
                inspection.AddRemark($"not compared with training images: {fault.Message}");
            }
        }
        inspection.Add(EnumName.ToName(split), images);
        return inspection;
    }
}

/// <summary>Models on the command line.</summary>
internal static class Target
{
    /// <summary>The argument of commands that open anybody's model.</summary>
    public static Argument<string> Model() =>
        new("MODEL") { Description = "run folder, weights (.safetensors), or anybody's model: TorchScript, PyTorch state dict (.pt, .pth), ONNX" };

    /// <summary>The weights of a run folder and its run file, or a file as it is.</summary>
    public static (string Weights, TrainingOptions? Begun) Locate(string model, List<string> problems)
    {
        if (Directory.Exists(model))
        {
            var folder = new RunFolder(model);
            if (folder.Exists && File.Exists(folder.Weights)) return (folder.Weights, RunFile.Read(folder.RunFile, []));
            problems.Add($"{model}: is no run folder with weights: {Path.GetFileName(folder.RunFile)} or {Path.GetFileName(folder.Weights)} is "
                + $"missing");
        }
        else if (!File.Exists(model))
        {
            problems.Add($"{model}: there is no such run folder or file");
        }
        return (model, null);
    }

    /// <summary>The size that photographs were brought to in training; null if the file does not say that they were resized.</summary>
    public static ImageSize? ReadImageSize(string weights)
    {
        try
        {
            var notes = File.Exists(weights) ? ModelFile.ReadMetadata(weights) : null;
            return notes?.ContainsKey(ResizedPictures.MetadataKey) == true && NetworkFile.ReadInputShape(weights, notes) is { } input
                ? new ImageSize(input.Width, input.Height) : null;
        }
        catch (InputException)
        {
            // It is refused when it is opened.
            return null;
        }
    }

    /// <summary>Opens a model of any make; what native libraries read, a process of its own reads first.</summary>
    public static LoadedModel Open(ModelSource source) =>
        ModelFile.Open(source with { TryInSubprocess = ModelTrial.Run, OpenOnnx = OnnxModel.Open });
}
