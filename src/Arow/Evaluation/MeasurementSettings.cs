using Arow.Classes;
using Arow.Data;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;
using static Arow.Options.SettingUses;

namespace Arow.Evaluation;

/// <summary>Rows that several tables of options share.</summary>
internal static class MeasurementSettings
{
    /// <summary>Rows of the data set and the threat model.</summary>
    public static IReadOnlyList<Setting<T>> Target<T>() where T : MeasurementOptions, new() =>
    [
        Setting<T>.Row("dataset", OfRun, "data set", o => o.Dataset, (o, v) =>
            o with { Dataset = v }, unset: "the run's", known: Catalog.DataSets.Keys, expects: "NAME"),
        Setting<T>.PathRow("data-dir", OfRun, "folder that holds its files", o => o.DataDir, (o, v) =>
            o with { DataDir = v }, unset: "the run's", expects: "DIR"),
        Setting<T>.Row("image-size", OfRun | FolderOnly, "bring the photographs of a folder to a size in pixels, as 'arow data resize' does", o =>
            o.ImageSize, (o, v) => o with { ImageSize = v }, unset: "the run's", expects: "N|WxH", expected: ImageSize.Expected,
            read: ImageSize.Parse) with { Kind = SettingKind.Text },
        Setting<T>.Row("skip-damaged", OfRun | FolderOnly, "leave out damaged images of a folder and name them", o => o.SkipDamaged, (o, v) =>
            o with { SkipDamaged = v }) with { Default = "the run's, or false" },
        Setting<T>.Row("norm", None, "norm of the perturbations; a norm other than the run's needs an epsilon", o => o.Threat.Norm, (o, v) =>
            o with { Threat = o.Threat with { Norm = v } }) with { Default = "the run's, or linf", InStudies = "norm" },
        Setting<T>.Row("epsilon", None, "size of the perturbations, on pixels in [0, 1]", o => o.Threat.Size, (o, v) =>
            o with { Threat = o.Threat with { Size = v } }, expected: "a number of at least 0, such as 8/255 or 0.03") with
        {
            Default = "the run's, or 8/255", InStudies = "epsilon", Check = o => o.Threat.Validate(),
        },
        Setting<T>.Row("limit", None, "use N images, drawn by the seed", o => o.Limit, (o, v) =>
            o with { Limit = v }, range: Bounds.Count, unset: "all") with { InStudies = "images" },
        Setting<T>.Row("seed", Rows | Summarized, "seed of the attacks and of the drawn images", o => o.Seed, (o, v) =>
            o with { Seed = v }) with { InStudies = "seed" },
    ];

    /// <summary>Rows of the computation.</summary>
    public static IReadOnlyList<Setting<T>> Work<T>() where T : MeasurementOptions, new() =>
    [
        Setting<T>.Row("batch-size", Rows | Summarized, "images at a time; no influence on keyed results", o => o.BatchSize, (o, v) =>
            o with { BatchSize = v }, range: Bounds.Count) with { InStudies = "batch-size" },
        Setting<T>.Row("threads", None, "threads of libtorch", o => o.Threads, (o, v) =>
            o with { Threads = v }, range: new(1, LibTorch.MaximumThreads), unset: "one a core"),
    ];

    /// <summary>Rows of properties that the model's file may lack.</summary>
    public static IReadOnlyList<Setting<T>> Model<T>() where T : ModelOptions, new() =>
    [
        Setting<T>.Row("device", None, "where to run", o => o.Device, (o, v) => o with { Device = v }, known: ComputeEnvironment.Devices),
        Setting<T>.Row("model", None, "architecture", o => o.Architecture, (o, v) =>
            o with { Architecture = v }, unset: "from the file", expects: "NAME") with { ValidateName = Architectures.ValidateName },
        Setting<T>.Row("key", None, "which state dict of a PyTorch checkpoint, such as ema", o => o.Key, (o, v) =>
            o with { Key = v }, unset: "the standard one", expects: "NAME"),
        Setting<T>.Row("ignore-keys", None, "tensors of a state dict that the model does not need, where * stands for any characters", o => o.IgnoreKeys,
            (o, v) => o with { IgnoreKeys = v }, unset: "none", expects: "PATTERN,…"),
        Setting<T>.Row("output-name", None, "which of several outputs of a TorchScript or ONNX model is the logits", o => o.OutputName, (o, v) =>
            o with { OutputName = v }, unset: "found by its shape", expects: "NAME"),
        Numbers("mean", "mean that the model expects to be subtracted from pixels in [0, 1]", o => o.Mean, (T o, IReadOnlyList<double>? v) =>
            o with { Mean = v }),
        Numbers("std", "standard deviation that it expects pixels to be divided by", o => o.Std, (T o, IReadOnlyList<double>? v) =>
            o with { Std = v }) with { Range = Bounds.Positive },
        Setting<T>.Row("class-names", None, "class names of the model's outputs, in order: names, or a file with one name a line or JSON", o =>
            o.ClassNames, (o, v) => o with { ClassNames = v },
            unset: "from the file, or the order of the images' classes", expects: "FILE|A,B,C", read: ClassNames.Read),
    ];

    private static Setting<T> Numbers<T>(string name, string summary, Func<T, IReadOnlyList<double>?> get, Func<T, IReadOnlyList<double>?,
        T> set) where T : ModelOptions, new() =>
        Setting<T>.Row(name, None, summary, get, set, unset: "from the file", expects: "A,B,C",
            expected: "one number, or one for each channel, separated by commas", read: ReadNumbers);

    /// <summary>Reads numbers; ratios such as 125.3/255 are allowed.</summary>
    private static IReadOnlyList<double>? ReadNumbers(string text)
    {
        var ratios = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Ratio.Parse).ToList();
        return ratios.Count == 0 || ratios.Contains(null) ? null : [.. ratios.Select(r => r!.Value.Value)];
    }
}
