using Arow.Checkpoints;
using Arow.Classes;
using Arow.Data;
using Arow.Models;

namespace Arow.Training;

/// <summary>What a run loads besides its training and test images, and what does not fit them.</summary>
internal static class RunInputs
{
    /// <summary>Loads the helper network of an objective from a run folder or a weights file.</summary>
    public static Network LoadHelper(string path, InputShape input, IReadOnlyList<string> classes, Device device, out ClassOrder order)
    {
        var weights = RunFolder.ResolveWeights(path);
        if (!File.Exists(weights)) throw new InputException($"helper {path}: not a run folder with weights or a weights file");
        var (helper, notes) = NetworkFile.Load(weights);
        try
        {
            if (helper.Input != input || helper.Classes != classes.Count)
                throw new InputException(
                    $"helper {path}: takes {helper.Input} images of {helper.Classes} classes, but the data set has {input} images of "
                        + $"{classes.Count}");
            order = NetworkFile.ReadClassNames(weights, helper, notes) is { } names
                ? ClassOrder.Match($"helper {path}", names, classes)
                : ClassOrder.Assume($"helper {path}", classes);
            helper.Module.to(device);
            return helper;
        }
        catch
        {
            helper.Dispose();
            throw;
        }
    }

    /// <summary>Loads labelled extra images with the shape and the classes of the training images.</summary>
    public static ImageSet LoadExtra(
        string path, TrainingOptions options, ImageSet train, Device device, out IReadOnlyList<string> names, out IReadOnlyList<string> remarks)
    {
        using var images = ExtraImages.Load(
            path, train.Channels, train.Height, train.Width, train.Classes, options.ExtraLimit, options.Seed);
        if (images.Labels is null)
        {
            var folders = images.Locations.Select(place => place.Split('/')).Where(parts => parts.Length > 1).Select(parts => $"{parts[0]}/")
                .Distinct().ToList();
            throw new InputException(
                $"extra-data {path}: has no labels{(folders.Count == 0 ? "" : $", as {SkippedFiles.JoinFirst(folders)} in it {(folders.Count == 1 ? "is not a class" : "are not classes")} of {ClassNames.Summarize(train.Classes)}")}; {Wording.Current.CreateLabels}");
        }
        using var scope = NewDisposeScope();
        var classes = images.Classes ?? train.Classes;
        var (least, most) = (images.Labels.min().item<long>(), images.Labels.max().item<long>());
        if (least < 0 || most >= classes.Count)
            throw new InputException(
                $"extra-data {path}: has labels from {least} to {most}, not from 0 to {classes.Count - 1}; {Wording.Current.CreateLabels}");
        var numbers = ClassOrder.Find(train.Classes, classes)
            ?? throw new InputException(
                $"extra-data {path}: its classes are {ClassNames.Summarize(classes)}, but the training images have "
                    + $"{ClassNames.Summarize(train.Classes)}");
        var order = images.Classes is null
            ? $"extra-data {path}: has no class names; its labels are taken as indices of {ClassNames.Summarize(train.Classes)}"
            : numbers.SequenceEqual(numbers.Order()) ? null
            : $"extra-data {path}: has its classes in another order, {ClassNames.Summarize(classes)}; they were matched by name";
        (names, remarks) = (images.Locations, order is null ? images.Remarks : [.. images.Remarks, order]);
        using var matched = new ImageSet(Path.GetFileName(path), images.Images.alias(),
            tensor(numbers, device: images.Labels.device).index_select(0, images.Labels), train.Classes)
        {
            Origin = images.Origin is { } origin ? origin with { Remarks = [] } : null,
        };
        return matched.To(device);
    }

    /// <summary>Loads the data set's validation images, at most as many as requested; null if it has none.</summary>
    public static ImageSet? LoadValidation(IDataSet data, TrainingOptions options)
    {
        using var validation = data.LoadValidation(options.DataDir);
        if (validation is null) return null;
        if (options.Validation > validation.Count)
            throw new InputException($"validation {options.Validation} is more than the {validation.Count} validation images of {options.DataDir}");
        return validation.Limit(options.Validation, options.Seed);
    }

    /// <summary>Returns why a network cannot be trained with the batch size; null if it can.</summary>
    /// <param name="options">The options with the batch size and the helper.</param>
    /// <param name="images">The number of training images.</param>
    /// <param name="network">The network.</param>
    public static string? ValidateBatchSize(TrainingOptions options, int images, Network network)
    {
        if (Math.Min(options.BatchSize, images) > 1) return null;
        using var helper = options is { AuxiliaryModel: not null, Helper: null }
            ? Network.Create(options.ForHelper().Model, network.Input, network.Classes, network.Normalization, options.Seed) : null;
        if (new[] { network, helper }.FirstOrDefault(n => n?.SmallestBatch() > 1) is not { } affected) return null;
        var size = options.BatchSize == 1 ? "batch-size 1 is" : "one training image is";
        return $"{size} too small for {affected.Architecture} on images of {affected.Input}: one of its batch norms has one value a channel for one "
            + "image, so no variance; it needs batches of 2 or more";
    }

    /// <summary>Returns why a cutout would cover images entirely; null if it does not.</summary>
    public static string? ValidateCutout(TrainingOptions options, InputShape input) =>
        options.Cutout > Math.Min(input.Height, input.Width) ? $"cutout {options.Cutout} is larger than the images, {input}" : null;
}
