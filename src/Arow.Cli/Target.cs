using System.CommandLine;
using Arow.Checkpoints;
using Arow.Data;
using Arow.Evaluation;
using Arow.Onnx;
using Arow.Registry;
using Arow.Training;

namespace Arow.Cli;

/// <summary>The model, images and threat model that a command evaluates, and how it does so.</summary>
/// <param name="Model">The model as the user wrote it.</param>
/// <param name="Weights">The weights file.</param>
/// <param name="Options">The specified options, with defaults from the run.</param>
internal sealed record Target<TOptions>(string Model, string Weights, TOptions Options) where TOptions : MeasurementOptions, new()
{
    /// <summary>Reads the target; errors are added to a list.</summary>
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
        if (options.Dataset is null) problems.Add($"--dataset is missing, and there is no run folder to take it from; use one of {Catalog.Names(Catalog.DataSets)}");
        problems.AddRange(options.Validate("--"));
        return new(model, weights, options);
    }

    /// <summary>Loads the images to the device.</summary>
    public ImageSet Images(Split split)
    {
        using var some = Catalog.FindDataSet(Options.Dataset!, Options.ImageSize).Load(split, Options.DataDir, Options.Limit, Options.Seed);
        return some.To(TrainingRun.FindDevice(Options.Device));
    }

    /// <summary>Inspects the images, and finds those that are also training images.</summary>
    /// <param name="split">The split of the images.</param>
    /// <param name="images">The result of <see cref="Images"/>.</param>
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
    /// <summary>The argument of commands that open any model.</summary>
    public static Argument<string> Model() =>
        new("MODEL") { Description = "run folder, weights (.safetensors), or another model: TorchScript, PyTorch state dict (.pt, .pth), ONNX" };

    /// <summary>Finds the weights and the run file of a run folder, or a model file.</summary>
    public static (string Weights, TrainingOptions? Begun) Locate(string model, List<string> problems)
    {
        if (Directory.Exists(model))
        {
            var folder = new RunFolder(model);
            if (folder.Exists && File.Exists(folder.Weights)) return (folder.Weights, RunFile.Read(folder.RunFile, []));
            problems.Add($"{model}: not a run folder with weights: {Path.GetFileName(folder.RunFile)} or {Path.GetFileName(folder.Weights)} is "
                + "missing");
        }
        else if (!File.Exists(model))
        {
            problems.Add($"{model}: no such run folder or file");
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

    /// <summary>Opens any model; files that native libraries read are first opened in a separate process.</summary>
    public static LoadedModel Open(ModelSource source) =>
        ModelFile.Open(source with { TryInSubprocess = ModelTrial.Run, OpenOnnx = OnnxModel.Open });
}
