using Arow.Classes;
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
    public IReadOnlyList<string>? ImageClassNames { get; init; }

    /// <summary>Names of the model's outputs, in order; null to use those of the file.</summary>
    public IReadOnlyList<string>? OutputClassNames { get; init; }

    /// <summary>Name of one of several state dicts of a PyTorch checkpoint, as in messages: <c>ema</c>, <c>model.net</c>.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Names of tensors of a state dict that the model does not need, where <c>*</c> stands for any characters: <c>fc_rot.*</c>. The
    /// others must fit.
    /// </summary>
    public IReadOnlyList<string> IgnoreKeys { get; init; } = [];

    /// <summary>Name of one of several outputs, as in messages: <c>logits</c>, <c>0</c>; null to find the logits by their shape.</summary>
    public string? OutputName { get; init; }

    /// <summary>Normalization of the pixels; null to use that of the file.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>
    /// Some of the images, [N, C, H, W] in [0, 1], on which two implementations of a model must agree; null for synthetic images only.
    /// </summary>
    public Tensor? Samples { get; init; }

    /// <summary>Device to run on; null for the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Opens the model once in a separate process and throws its error: a malicious TorchScript or ONNX file can crash the libraries
    /// that read it. Null for no trial.
    /// </summary>
    public Action<ModelSource>? TryInSubprocess { get; init; }

    /// <summary>Opens ONNX files, such as <c>OnnxModel.Open</c> of the package Arow.Onnx; null to refuse them.</summary>
    public Func<ModelSource, LoadedModel>? OpenOnnx { get; init; }

    /// <summary>Adds the class names from the model's file if none are given, and sets the number of logits to the number of names.</summary>
    /// <param name="metadataNames">Metadata value of <see cref="ClassNames.MetadataKey"/>; null for none.</param>
    /// <exception cref="InputException">The value does not contain names.</exception>
    public ModelSource WithClassNames(string? metadataNames) =>
        OutputClassNames is { } given
            ? this with { Classes = given.Count, ReplacedNamesRemark = ClassNames.DescribeReplacement(Path, metadataNames, given) }
        : ClassNames.FromMetadata(Path, metadataNames) is { } names ? this with { OutputClassNames = names, Classes = names.Count } : this;

    /// <summary>Remark on given names that replace those of the file; null for none.</summary>
    private string? ReplacedNamesRemark { get; init; }

    /// <summary>Mapping of outputs to classes of the images; null if these are not named.</summary>
    /// <exception cref="InputException">The model lacks a class of the images.</exception>
    internal ClassOrder? OutputOrder
    {
        get
        {
            if (ImageClassNames is null) return null;
            if (OutputClassNames is null) return ClassOrder.Assume(Path, ImageClassNames);
            var order = ClassOrder.Match(Path, OutputClassNames, ImageClassNames);
            return ReplacedNamesRemark is null ? order
                : order with { Remark = order.Remark is null ? $"{ReplacedNamesRemark}." : $"{ReplacedNamesRemark}. {order.Remark}" };
        }
    }

    /// <summary>Describes a mismatch in the number of outputs.</summary>
    /// <param name="outputs">Number of outputs.</param>
    public string DescribeMismatch(long outputs) =>
        Classes == 0 ? $"gives {outputs} logits per image and does not name its classes; give {Wording.Current.Setting("classes", $"{outputs}")} or {Wording.Current.Setting("class-names")}"
        : OutputClassNames is null
        ? $"has {outputs} classes, but the images have {Classes}{(ImageClassNames is null ? "" : $", {ClassNames.Summarize(ImageClassNames)}; {Wording.Current.Setting("class-names")} names its outputs")}"
        : $"has {outputs} classes, but {Classes} are named: {ClassNames.Summarize(OutputClassNames)}";
}
