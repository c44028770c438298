using Arow.Classes;
using Arow.Data;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using Arow.Runtime;
using static Arow.Options.SettingUses;

namespace Arow.Evaluation;

/// <summary>Rows that several tables of options have.</summary>
internal static class MeasurementSettings
{
    /// <summary>What is measured.</summary>
    public static IReadOnlyList<Setting<T>> Target<T>() where T : MeasurementOptions, new() =>
    [
        Setting<T>.Row("dataset", None, "data set", o => o.Dataset, (o, v) =>
            o with { Dataset = v }, unset: "the run's", known: Catalog.DataSets.Keys, expects: "NAME"),
        Setting<T>.PathRow("data-dir", None, "folder that holds its files", o => o.DataDir, (o, v) =>
            o with { DataDir = v }, unset: "the run's", expects: "DIR"),
        Setting<T>.Row("image-size", None, "bring the photographs of a folder to a size in pixels, as 'arow data resize' does", o =>
            o.ImageSize, (o, v) => o with { ImageSize = v }, unset: "the run's", expects: "N|WxH", expected: ImageSize.Expected,
            read: ImageSize.Parse) with { Kind = SettingKind.Text },
        Setting<T>.Row("norm", None, "norm of the perturbations; another than the run's needs an epsilon", o => o.Threat.Norm, (o, v) =>
            o with { Threat = o.Threat with { Norm = v } }) with { Default = "the run's, or linf", InStudies = "norm" },
        Setting<T>.Row("epsilon", None, "their size, on pixels in [0, 1]", o => o.Threat.Size, (o, v) =>
            o with { Threat = o.Threat with { Size = v } }, expected: "a number from 0 up, such as 8/255 or 0.03") with
        {
            Default = "the run's, or 8/255", InStudies = "epsilon", Check = o => o.Threat.Validate(),
        },
        Setting<T>.Row("limit", None, "take N images, drawn by the seed", o => o.Limit, (o, v) =>
            o with { Limit = v }, range: Bounds.Count, unset: "all") with { InStudies = "images" },
        Setting<T>.Row("seed", Rows | Summarized, "seed of the attacks and the drawing", o => o.Seed, (o, v) =>
            o with { Seed = v }) with { InStudies = "seed" },
    ];

    /// <summary>How the work is done.</summary>
    public static IReadOnlyList<Setting<T>> Work<T>() where T : MeasurementOptions, new() =>
    [
        Setting<T>.Row("batch-size", Rows | Summarized, "images at a time; no influence on keyed results", o => o.BatchSize, (o, v) =>
            o with { BatchSize = v }, range: Bounds.Count) with { InStudies = "batch-size" },
        Setting<T>.Row("threads", None, "threads of libtorch", o => o.Threads, (o, v) =>
            o with { Threads = v }, range: new(1, LibTorch.MaximumThreads), unset: "one a core"),
    ];

    /// <summary>What the file of the model need not say.</summary>
    public static IReadOnlyList<Setting<T>> Model<T>() where T : ModelOptions, new() =>
    [
        Setting<T>.Row("device", None, "where to run", o => o.Device, (o, v) => o with { Device = v }, known: ComputeEnvironment.Devices),
        Setting<T>.Row("model", None, "architecture", o => o.Architecture, (o, v) =>
            o with { Architecture = v }, unset: "the file's word", expects: "NAME") with { ValidateName = Architectures.ValidateName },
        Setting<T>.Row("key", None, "which state dict of a PyTorch checkpoint, such as ema", o => o.Key, (o, v) =>
            o with { Key = v }, unset: "the usual one", expects: "NAME"),
        Numbers("mean", "what the model expects to be subtracted from pixels in [0, 1]", o => o.Mean, (T o, IReadOnlyList<double>? v) =>
            o with { Mean = v }),
        Numbers("std", "what it expects the rest to be divided by", o => o.Std, (T o, IReadOnlyList<double>? v) =>
            o with { Std = v }) with { Range = Bounds.Positive },
        Setting<T>.Row("class-names", None, "classes of the model's outputs, in their order: names, or a file with one a line or JSON", o =>
            o.ClassNames, (o, v) => o with { ClassNames = v },
            unset: "the file's word, or the order of the images' classes", expects: "FILE|A,B,C", read: ClassNames.Read),
    ];

    private static Setting<T> Numbers<T>(string name, string summary, Func<T, IReadOnlyList<double>?> get, Func<T, IReadOnlyList<double>?,
        T> set) where T : ModelOptions, new() =>
        Setting<T>.Row(name, None, summary, get, set, unset: "the file's word", expects: "A,B,C",
            expected: "one number, or one for each channel with commas between", read: ReadNumbers);

    /// <summary>As with ε, 125.3/255 is understood.</summary>
    private static IReadOnlyList<double>? ReadNumbers(string text)
    {
        var ratios = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Ratio.Parse).ToList();
        return ratios.Count == 0 || ratios.Contains(null) ? null : [.. ratios.Select(r => r!.Value.Value)];
    }
}
