using System.CommandLine;
using Arow.Checkpoints;
using Arow.Classes;
using Arow.Data;
using Arow.Evaluation;
using Arow.Onnx;
using Arow.Options;
using Arow.Registry;
using Arow.Training;

namespace Arow.Cli;

/// <summary>The model, images and threat model that a command evaluates, and how it does so.</summary>
/// <param name="Model">The model as the user wrote it.</param>
/// <param name="Weights">The weights file.</param>
/// <param name="Options">The specified options, with defaults from the run.</param>
internal sealed record Target<TOptions>(string Model, string Weights, TOptions Options) where TOptions : MeasurementOptions, new()
{
    private IDataSet? data;
    private bool trainedOnFolder;

    /// <summary>The run file's options, if the model is a run folder.</summary>
    private TrainingOptions? Begun { get; init; }

    /// <summary>Reads the target; errors are added to a list.</summary>
    public static Target<TOptions> Read(string model, SettingOptions<TOptions> settings, ParseResult parsed, List<string> problems)
    {
        var (weights, begun) = Target.Locate(model, problems);
        var start = begun is null ? new TOptions()
            : settings.Rows.Where(row => row.Uses.HasFlag(SettingUses.OfRun)).Aggregate(
                new TOptions() with { Threat = begun.Threat.With(null, null) },
                (o, row) => Settings.All.Single(s => s.Name == row.Name).Get(begun) is { } value ? row.Set(o, value)! : o);
        var options = settings.Read(parsed, start, problems);
        // Weights say how their photographs were resized; images of other data sets are what they are.
        // No other set is a file.
        if (!IsGiven("dataset") && IsGiven("data-dir") && File.Exists(options.DataDir)) options = options with { Dataset = "folder" };
        if (options.Dataset != "folder")
        {
            options = settings.Rows.Where(row => row.Uses.HasFlag(SettingUses.FolderOnly) && !IsGiven(row.Name))
                .Aggregate(options, (o, row) => row.Copy(o, new TOptions()));
        }
        if (options is { Dataset: "folder", ImageSize: null }) options = options with { ImageSize = Target.ReadImageSize(weights) };
        if (options.Dataset is null) problems.Add($"--dataset is missing, and there is no run folder to take it from; use one of {Catalog.Names(Catalog.DataSets)}");
        problems.AddRange(options.Validate("--"));
        return new(model, weights, options) { Begun = begun };

        bool IsGiven(string name) => settings.GetSpecified(parsed).Exists(given => given.Name == name);
    }

    /// <summary>Loads the images to the device.</summary>
    public ImageSet Images(Split split)
    {
        using var drawn = Data(split).Load(split, Options.DataDir, Options.Limit, Options.Seed);
        using var some = NameClasses(drawn);
        return some.To(TrainingRun.FindDevice(Options.Device));
    }

    /// <summary>Labels without names are the numbers of the model's outputs.</summary>
    private ImageSet NameClasses(ImageSet images)
    {
        if (!images.AreClassesNumbers) return images.WithClasses(images.Classes);
        var names = Options.ClassNames
            ?? ClassNames.FromMetadata(Weights, ModelFile.ReadMetadata(Weights).GetValueOrDefault(ClassNames.MetadataKey)) ?? images.Classes;
        return names.Count >= images.Classes.Count ? images.WithClasses(names)
            : throw new InputException($"{Options.DataDir}: has labels up to {images.Classes.Count - 1}, but {Model} has {names.Count} classes, from 0");
    }

    /// <summary>Inspects the images, and finds those that are also training images.</summary>
    /// <param name="split">The split of the images.</param>
    /// <param name="images">The result of <see cref="Images"/>.</param>
    public DataInspection Inspect(Split split, ImageSet images)
    {
        var inspection = new DataInspection();
        var data = Data(split);
        if (data.IsGenerated) return inspection;
        if (split == Split.Test && data is not ImageFolder { TestsWhole: true })
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
        if (trainedOnFolder) inspection.AddRemark($"{Model} was trained on this folder: the images that its training set aside are the test images");
        inspection.Add(EnumName.ToName(split), images);
        return inspection;
    }

    /// <summary>
    /// The data set. A folder without splits is tested as a whole, unless the model was trained on it: then on the part that its
    /// training set aside.
    /// </summary>
    private IDataSet Data(Split split)
    {
        if (data is not null) return data;
        data = Catalog.FindDataSet(Options.Dataset!, Options.ImageSize, Options.SkipDamaged);
        if (split == Split.Train || data is not ImageFolder folder || !folder.IsUndivided(Options.DataDir)) return data;
        trainedOnFolder = WasTrainedOn(folder);
        return trainedOnFolder ? data : data = folder with { TestsWhole = true };
    }

    private bool WasTrainedOn(ImageFolder folder)
    {
        if (Begun is { Dataset: not "folder" }) return false;
        if (Begun?.DataDir is { } own && Path.GetFullPath(own) == Path.GetFullPath(Options.DataDir!)) return true;
        // The folder may have been moved: its training images are compared with those that the weights name.
        var notes = ModelFile.ReadMetadata(Weights);
        if (notes.GetValueOrDefault("dataset") != folder.Name || notes.GetValueOrDefault(TrainingMetadata.DataKey) is not { } sha256) return false;
        var drawn = TrainingMetadata.ReadLimit(notes);
        using var train = ((IDataSet)folder).Load(Split.Train, Options.DataDir, drawn?.Count, drawn?.Seed ?? 0);
        return DataIdentity.ComputeHash(train) == sha256;
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
            if (!File.Exists(weights)) return null;
            var (notes, onnxInput) = ModelFile.ReadNotes(weights);
            return notes.ContainsKey(ModelMetadata.ImageResizingKey)
                && (NetworkFile.ReadInputShape(weights, notes) ?? onnxInput) is { } input
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
