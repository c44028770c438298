using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>A model that is to be evaluated: its file, and the images it is to be evaluated on.</summary>
/// <param name="Path">The file.</param>
/// <param name="Input">The images.</param>
/// <param name="Classes">How many logits the model is to give: as many as the images have classes, unless outputs are named; 0 where only the file can name them.</param>
public sealed record ModelSource(string Path, InputShape Input, int Classes)
{
    /// <summary>The architecture's name in the Catalog, where the file does not say it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Names of the images' classes, by which the model's outputs are put in order; null to take them as they are.</summary>
    public IReadOnlyList<string>? ImageClasses { get; init; }

    /// <summary>Names of the model's outputs, in order; null to take the file's word.</summary>
    public IReadOnlyList<string>? OutputClasses { get; init; }

    /// <summary>Which of several state dicts of a PyTorch checkpoint, as messages name them: <c>ema</c>, <c>model.net</c>.</summary>
    public string? Key { get; init; }

    /// <summary>What is done to pixels first; null to take the file's word.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Where it is to run; the CPU for null.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Opens the model once in a process of its own before this one does, and throws what came of it: libraries that read
    /// TorchScript or ONNX can end the process on a file that is made for it. None for null.
    /// </summary>
    public Action<ModelSource>? Trial { get; init; }

    /// <summary>What opens ONNX files, such as <c>OnnxModel.Open</c> of the package Arow.Onnx; without it they are refused.</summary>
    public Func<ModelSource, LoadedModel>? Onnx { get; init; }

    /// <summary>The same with the names that the model's file notes, where none are given, and as many logits as there are names.</summary>
    /// <param name="noted">The file's note <see cref="ClassNames.Note"/>; null for none.</param>
    /// <exception cref="InputException">The note holds no names.</exception>
    public ModelSource Named(string? noted) =>
        OutputClasses is { } given ? this with { Classes = given.Count, Replaced = ClassNames.Replaced(Path, noted, given) }
        : ClassNames.Noted(Path, noted) is { } names ? this with { OutputClasses = names, Classes = names.Count } : this;

    /// <summary>What to say of names that were given in the place of the file's own; null for nothing.</summary>
    private string? Replaced { get; init; }

    /// <summary>Which output stands for which class of the images; null where nobody has named these.</summary>
    /// <exception cref="InputException">The model does not know a class of the images.</exception>
    internal ClassOrder? Order
    {
        get
        {
            if (ImageClasses is null) return null;
            if (OutputClasses is null) return ClassOrder.Assumed(Path, ImageClasses);
            var order = ClassOrder.Match(Path, OutputClasses, ImageClasses);
            return Replaced is null ? order : order with { Remark = order.Remark is null ? $"{Replaced}." : $"{Replaced}. {order.Remark}" };
        }
    }

    /// <summary>What is wrong with a model of another number of outputs.</summary>
    /// <param name="outputs">Their number.</param>
    public string Unfit(long outputs) => Classes == 0 ? $"gives {outputs} scores an image and names no classes; say so with --classes {outputs}, or name them with --class-names"
        : OutputClasses is null
        ? $"knows {outputs} classes, but the images have {Classes}{(ImageClasses is null ? "" : $", {ClassNames.Short(ImageClasses)}; --class-names says which classes its outputs are")}"
        : $"knows {outputs} classes, but {Classes} are named: {ClassNames.Short(OutputClasses)}";
}
