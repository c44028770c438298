using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>A model to be evaluated: its file and the images.</summary>
/// <param name="Path">The file.</param>
/// <param name="Input">Shape of the images.</param>
/// <param name="Classes">
/// Expected number of logits: the number of classes of the images, unless outputs are named; 0 if only the file can name them.
/// </param>
public sealed record ModelSource(string Path, InputShape Input, int Classes)
{
    /// <summary>Name of the architecture in the Catalog, if the file does not contain it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Class names of the images, which determine the order of the model's outputs; null to keep the model's order.</summary>
    public IReadOnlyList<string>? ImageClasses { get; init; }

    /// <summary>Names of the model's outputs, in order; null to use those of the file.</summary>
    public IReadOnlyList<string>? OutputClasses { get; init; }

    /// <summary>Name of one of several state dicts of a PyTorch checkpoint, as in messages: <c>ema</c>, <c>model.net</c>.</summary>
    public string? Key { get; init; }

    /// <summary>Normalization of the pixels; null to use that of the file.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Device to run on; null for the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Opens the model once in a separate process and throws its error: a malicious TorchScript or ONNX file can crash the libraries
    /// that read it. Null for no trial.
    /// </summary>
    public Action<ModelSource>? Trial { get; init; }

    /// <summary>Opens ONNX files, such as <c>OnnxModel.Open</c> of the package Arow.Onnx; null to refuse them.</summary>
    public Func<ModelSource, LoadedModel>? Onnx { get; init; }

    /// <summary>Adds the class names from the model's file if none are given, and sets the number of logits to the number of names.</summary>
    /// <param name="noted">Metadata value of <see cref="ClassNames.Note"/>; null for none.</param>
    /// <exception cref="InputException">The value does not contain names.</exception>
    public ModelSource Named(string? noted) =>
        OutputClasses is { } given ? this with { Classes = given.Count, Replaced = ClassNames.Replaced(Path, noted, given) }
        : ClassNames.Noted(Path, noted) is { } names ? this with { OutputClasses = names, Classes = names.Count } : this;

    /// <summary>Remark on given names that replace those of the file; null for none.</summary>
    private string? Replaced { get; init; }

    /// <summary>Mapping of outputs to classes of the images; null if these are not named.</summary>
    /// <exception cref="InputException">The model lacks a class of the images.</exception>
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

    /// <summary>Describes a mismatch in the number of outputs.</summary>
    /// <param name="outputs">Number of outputs.</param>
    public string Unfit(long outputs) => Classes == 0 ? $"gives {outputs} logits per image and does not name its classes; give --classes {outputs} or --class-names"
        : OutputClasses is null
        ? $"has {outputs} classes, but the images have {Classes}{(ImageClasses is null ? "" : $", {ClassNames.Short(ImageClasses)}; --class-names names its outputs")}"
        : $"has {outputs} classes, but {Classes} are named: {ClassNames.Short(OutputClasses)}";
}
